import { expect, layerBox, open, test } from './page'
import { account } from './server'

test('signing in shows the layers that are not public; signing out hides them', async ({ page }) => {
  await open(page, '?layers=pipe_segment,road')
  await expect(page.getByText('链接中有 1 个图层不对您开放')).toBeVisible()
  await expect(page.locator('[data-layer=pipe_segment]')).toHaveCount(0)
  await page.getByRole('banner').getByRole('button', { name: '登录' }).click()
  const dialog = page.getByRole('dialog')
  const { name, password } = account()
  await dialog.getByLabel('用户名').fill(name)
  await dialog.getByLabel('密码').fill('not the password')
  await page.keyboard.press('Enter')
  await expect(dialog.getByRole('alert')).toBeVisible()
  await dialog.getByLabel('密码').fill(password)
  await page.keyboard.press('Enter')
  await expect(dialog).toBeHidden()
  await expect(page.locator('[data-layer=pipe_segment]')).toContainText('受限')
  const [title] = await page.locator('[data-layer=pipe_segment] .title').allInnerTexts()
  await expect(layerBox(page, title ?? '')).toBeChecked()
  await page.getByRole('button', { name: '退出' }).click()
  await expect(page.locator('[data-layer=pipe_segment]')).toHaveCount(0)
  await expect(page.getByRole('banner').getByRole('button', { name: '登录' })).toBeVisible()
})

test('a target on a hidden layer says that it is withheld', async ({ page }) => {
  await open(page)
  await expect(page.getByRole('button', { name: '登录后可见' }).first()).toBeVisible()
})
