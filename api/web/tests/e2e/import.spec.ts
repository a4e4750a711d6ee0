import type { Page } from '@playwright/test'
import { JUDGED, openDesk, send, seriousIn, state } from './import-desk'
import { expect, expectAddress, test } from './page'

/** Each file is judged once or twice and stored, each time by a new process. */
test.describe.configure({ timeout: 240_000 })

const PARCELS = '/ogc/collections/shantytown_parcel/items'

async function countOf(page: Page): Promise<number> {
  const answer = await page.request.get(`${PARCELS}?limit=1`)
  return ((await answer.json()) as { numberMatched: number }).numberMatched
}

/** What lies in the middle of the map, found by clicking it. */
async function clickMiddle(page: Page): Promise<void> {
  const canvas = page.locator('.map-canvas canvas').first()
  const box = await canvas.boundingBox()
  await canvas.click({ position: { x: (box?.width ?? 0) / 2, y: (box?.height ?? 0) / 2 } })
}

test('a GBK Shapefile without .prj: choose the system, confirm, see it on the map, undo, see it gone', async ({ page }) => {
  await openDesk(page)
  const before = await countOf(page)
  await page.getByRole('combobox', { name: '图层' }).selectOption({ label: '棚户区改造地块' })
  await send(page, 'plain_gbk_undeclared.zip')
  await expect(state(page)).toHaveAttribute('data-state', 'needs_confirmation', JUDGED)
  await expect(page.getByText('需要您决定：坐标系')).toBeVisible()
  // The texts are read as GBK, or the names would not be these.
  await expect(page.getByRole('button', { name: '南关地块' })).toBeVisible()
  await expect(page.locator('[data-crs="EPSG:2386"]')).toContainText('需要转换参数')
  expect(await countOf(page)).toBe(before)
  expect(await seriousIn(page)).toEqual([])

  await page.locator('[data-crs="EPSG:4550"]').getByRole('radio').check()
  await expect(page.getByText('已改：坐标系')).toBeVisible()
  await page.getByRole('button', { name: '按此重新判断' }).click()
  await expect(state(page)).toHaveAttribute('data-state', 'ready', JUDGED)
  await expect(page.getByText('文件 6 行 = 可入库 6 行 + 退回 0 行')).toBeVisible()
  expect(await countOf(page)).toBe(before)

  await page.getByRole('button', { name: '南关地块' }).click()
  await expectAddress(page, /map=1[5-9]/)
  await page.getByRole('button', { name: '确认入库 6 行' }).click()
  await expect(state(page)).toHaveAttribute('data-state', 'stored', JUDGED)
  await expect(page.locator('[data-layer=shantytown_parcel] .count')).toHaveText(String(before + 6))
  expect(await countOf(page)).toBe(before + 6)

  // The map itself has it: a click on the place picks the feature out of the rendered tiles.
  await expect(async () => {
    await clickMiddle(page)
    await expect(page.getByRole('article')).toContainText('南关地块', { timeout: 2000 })
  }).toPass({ timeout: 30_000 })
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: '工作台' }).click()
  await page.getByRole('menuitem', { name: '导入' }).click()
  await page.getByRole('button', { name: '撤销这次导入' }).click()
  await page.getByRole('button', { name: '确认撤销' }).click()
  await expect(state(page)).toHaveAttribute('data-state', 'undone', JUDGED)
  await expect(page.getByText('移除 6 个、恢复原值 0 个、找回 0 个要素。')).toBeVisible()
  await expect(page.locator('[data-layer=shantytown_parcel] .count')).toHaveText(String(before))
  expect(await countOf(page)).toBe(before)
  await expect(async () => {
    await clickMiddle(page)
    await expect(page.getByRole('article')).toHaveCount(0, { timeout: 1000 })
    await expect(page.getByText('南关地块', { exact: true })).toHaveCount(1, { timeout: 1000 })
  }).toPass({ timeout: 30_000 })

  await page.getByRole('button', { name: '全部导入' }).click()
  await expect(page.locator('[data-import]').first()).toContainText('已撤销')
})

test('a hostile file is refused in words, and nothing is stored', async ({ page }) => {
  await openDesk(page)
  const before = await countOf(page)
  await send(page, 'hostile_bomb.zip')
  await expect(state(page)).toHaveAttribute('data-state', 'refused', JUDGED)
  const verdict = page.locator('[data-verdict=refuse]')
  await expect(verdict).toContainText('压缩炸弹')
  await expect(verdict).toContainText('请重新打包')
  await expect(page.locator('.import-desk')).not.toContainText(/Traceback|Error|\.py/)
  expect(await countOf(page)).toBe(before)
  await page.getByRole('button', { name: '放弃这次导入' }).click()
  await expect(page.getByRole('heading', { name: '以往的导入' })).toBeVisible()
  await expect(page.locator('[data-import]', { hasText: 'hostile_bomb.zip' })).toHaveCount(0)
})

test('an incomplete Shapefile is named before anything is sent', async ({ page }) => {
  await openDesk(page)
  await send(page, 'hostile_empty.shp')
  await expect(page.getByRole('alert')).toContainText('hostile_empty.dbf、hostile_empty.shx')
})

test('on a phone the desk fits, in English and for axe', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await openDesk(page)
  await send(page, 'plain_gbk_undeclared.zip')
  await expect(state(page)).toHaveAttribute('data-state', 'needs_confirmation', JUDGED)
  await page.getByRole('radio').first().check()
  await page.getByRole('button', { name: '按此重新判断' }).click()
  await expect(page.locator('svg.sketch')).toBeVisible(JUDGED)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  expect(await page.locator('.drawer .content').evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0)
  expect(await seriousIn(page)).toEqual([])
  await page.getByRole('button', { name: '切换为英文' }).click()
  await expect(page.getByText('You need to decide: coordinate system')).toBeVisible()
  const chinese = await page.locator('.import-desk').evaluate((element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
    const found: string[] = []
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!node.parentElement?.closest('[lang=zh]') && /[\u4e00-\u9fff]/.test(node.textContent ?? '')) found.push(node.textContent ?? '')
    }
    return found
  })
  expect(chinese).toEqual([])
  await page.getByRole('button', { name: 'Drop this import' }).click()
  await expect(page.getByRole('heading', { name: 'Earlier imports' })).toBeVisible()
})
