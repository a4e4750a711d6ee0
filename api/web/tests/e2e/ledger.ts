/** People, parcels and what is looked for on the page, for the tests of the ledger. */
import AxeBuilder from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from '@playwright/test'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, open } from './page'
import { env, python, root } from './python.mjs'
import { run } from './server'

export const LAYER = 'shantytown_parcel'
export const OWN_STREET = '211202003'
export const OTHER_STREET = '211202001'

export interface Parcel {
  id: string
  properties: { code: string; name: string; stage: string }
}

const passwords = new Map<string, string>()

/** Make an account, or get the one that an earlier test made. */
export function accountOf(name: string, role: string, street?: string): { name: string; password: string } {
  let password = passwords.get(name)
  if (!password) {
    const options = ['user', 'add', name, '--role', role, ...(street ? ['--subdistrict', street] : []), '--generate', '--json']
    const told = execFileSync(python, ['-m', 'yzgeo', ...options, '--workspace', join(run(), 'workspace')], { cwd: root, env, encoding: 'utf8' })
    password = (JSON.parse(told) as { password: string }).password
    passwords.set(name, password)
  }
  return { name, password }
}

export async function enter(page: Page, name: string, role: string, street?: string): Promise<void> {
  await page.goto('about:blank')
  const answer = await page.request.post('/api/auth/login', { data: accountOf(name, role, street), headers: { 'X-Requested-With': 'e2e' } })
  expect(answer.ok(), await answer.text()).toBe(true)
}

export async function person(browser: Browser, baseURL: string | undefined, name: string, role: string, street?: string): Promise<[BrowserContext, Page]> {
  const context = await browser.newContext({ baseURL })
  const page = await context.newPage()
  page.on('pageerror', (error) => expect(String(error)).toBe(''))
  await enter(page, name, role, street)
  return [context, page]
}

/** The parcels of the street that stand at a stage, as the signed-in page may see them. */
export async function parcelsAt(page: Page, stage: string): Promise<Parcel[]> {
  const answer = await page.request.get(`/ogc/collections/${LAYER}/items?stage=${stage}&subdistrict=${OWN_STREET}&limit=100`)
  return ((await answer.json()) as { features: Parcel[] }).features
}

export async function parcelAt(page: Page, stage: string, nth = 0): Promise<Parcel> {
  const parcel = (await parcelsAt(page, stage))[nth]
  if (!parcel) throw new Error(`no parcel stands at ${stage}`)
  return parcel
}

export async function openCard(page: Page, { id, properties }: Parcel, more = ''): Promise<void> {
  await open(page, `?feature=${LAYER}/${id}&tab=feature${more}`)
  await expect(page.getByRole('article')).toContainText(properties.code)
}

export async function centreColour(page: Page): Promise<string> {
  const picture = await page.locator('.map-canvas canvas').first().screenshot()
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')
    if (!context) throw new Error('no 2D canvas')
    context.drawImage(bitmap, 0, 0)
    const { data } = context.getImageData(bitmap.width / 2 + 9, bitmap.height / 2 + 9, 1, 1)
    return [...data].slice(0, 3).join(',')
  }, picture.toString('base64'))
}

/** Number behind a stage in the legend of the parcels. */
export async function legendCount(page: Page, stage: string): Promise<number> {
  const item = page.getByRole('list', { name: '“棚户区改造地块”的图例' }).getByRole('listitem').filter({ hasText: stage })
  await expect(item.locator('.number')).toBeVisible()
  return Number(await item.locator('.number').innerText())
}

export async function seriousFaults(page: Page): Promise<unknown[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  return serious.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 160))])
}

export function form(page: Page) {
  return page.locator('form.entry')
}
