/** Hands that work the import desk, for the specs that tell its stories. */
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { join } from 'node:path'
import { expect, open } from './page'
import { root } from './python.mjs'
import { account } from './server'

export const CORPUS = join(root, 'tests/data/import')
/** Judging happens in a process of its own, which takes seconds to start on a busy machine. */
export const JUDGED = { timeout: 60_000 }

export async function openDesk(page: Page, query = ''): Promise<void> {
  await open(page, query)
  await page.getByRole('banner').getByRole('button', { name: '登录' }).click()
  const dialog = page.getByRole('dialog')
  const { name, password } = account()
  await dialog.getByLabel('用户名').fill(name)
  await dialog.getByLabel('密码').fill(password)
  await page.keyboard.press('Enter')
  await expect(dialog).toBeHidden()
  await page.getByRole('button', { name: '工作台' }).click()
  await page.getByRole('menuitem', { name: '导入' }).click()
  await expect(page.getByRole('heading', { name: '以往的导入' })).toBeVisible()
}

export async function send(page: Page, ...names: string[]): Promise<void> {
  await page.getByTestId('files').setInputFiles(names.map((name) => join(CORPUS, name)))
}

export function state(page: Page) {
  return page.locator('.detail')
}

export async function seriousIn(page: Page): Promise<unknown[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 160))])
}
