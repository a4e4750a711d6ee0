import type { Page } from '@playwright/test'
import { coloursOfMap, expect, expectAddress, layerBox, open, painted, test } from './page'

test('opens with a map, the layers, their legends and the targets', async ({ page }) => {
  await open(page)
  expect(await coloursOfMap(page)).toBeGreaterThan(50)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('银州城市更新一张图')
  await expect(layerBox(page, '棚户区改造地块')).toBeChecked()
  const legend = page.getByRole('list', { name: '“棚户区改造地块”的图例' })
  await expect(legend.getByText('未启动')).toBeVisible()
  await expect(page.locator('[data-layer=shantytown_parcel] .count')).toHaveText('63')
  await expect(page.getByText('© OpenStreetMap contributors')).toBeVisible()
  await expect(page.locator('.maplibregl-ctrl-scale')).toContainText(/\d+\sk?m/)
  await expect(page.locator('[data-target]')).not.toHaveCount(0)
})

test('switches a layer on and off, and fades it', async ({ page }) => {
  await open(page)
  await layerBox(page, '棚户区改造地块').uncheck()
  await expect(page.getByRole('list', { name: '“棚户区改造地块”的图例' })).toBeHidden()
  await layerBox(page, '住宅楼').check()
  await expectAddress(page, /layers=(?!.*shantytown_parcel).*residential_building/)
  await page.locator('[data-layer=residential_building] .line').hover()
  await page.getByRole('slider', { name: '“住宅楼”的不透明度' }).fill('40')
  await expectAddress(page, 'residential_building*40')
  await page.getByRole('button', { name: '恢复默认图层' }).click()
  await expect(layerBox(page, '棚户区改造地块')).toBeChecked()
})

test('narrows the tree by a word, and explains a layer', async ({ page }) => {
  await open(page)
  await page.getByRole('searchbox', { name: '筛选图层' }).fill('小区')
  await expect(layerBox(page, '老旧小区')).toBeVisible()
  await expect(layerBox(page, '道路')).toHaveCount(0)
  await page.getByRole('searchbox', { name: '筛选图层' }).fill('没有这样的图层')
  await expect(page.getByText('没有名称含“没有这样的图层”的图层。')).toBeVisible()
  await page.getByRole('searchbox', { name: '筛选图层' }).fill('老旧')
  await page.locator('[data-layer=old_compound] .line').hover()
  await page.getByRole('button', { name: '“老旧小区”的说明' }).click()
  const about = page.getByRole('dialog', { name: '老旧小区' })
  await expect(about).toContainText('许可')
  await expect(about).toContainText('示意数据')
  await page.keyboard.press('Escape')
  await expect(about).toBeHidden()
})

test('finds a parcel by its code and shows its card', async ({ page }) => {
  await open(page)
  await page.keyboard.press('/')
  await page.keyboard.type('PH-007')
  await expect(page.getByRole('option').first()).toContainText('PH-007')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const card = page.getByRole('article')
  await expect(card).toContainText('PH-007')
  await expect(card).toContainText('占地面积')
  await expect(card).toContainText('平方米')
  await expect(card).toContainText('数据来源')
  await expect(card.getByRole('list', { name: '阶段' }).locator('[aria-current=step]')).toHaveCount(1)
  await expectAddress(page, /feature=shantytown_parcel\//)
  const link = await card.getByRole('link', { name: '永久链接' }).getAttribute('href')
  const item = await page.request.get(link ?? '')
  expect(((await item.json()) as { properties: { code: string } }).properties.code).toBe('PH-007')
  await page.keyboard.press('Escape')
  await expect(card).toBeHidden()
})

test('says so when nothing is found', async ({ page }) => {
  await open(page)
  await page.getByRole('combobox', { name: '查找编码、名称或社区' }).fill('火星一号')
  await expect(page.getByText('没有找到“火星一号”')).toBeVisible()
})

test('picks a feature where the map is clicked', async ({ page }) => {
  await open(page)
  await page.keyboard.press('/')
  await page.keyboard.type('PH-007')
  await page.getByRole('option').first().click()
  await expect(page.getByRole('article')).toBeVisible()
  await expectAddress(page, /map=1[5-9]/)
  const address = page.url()
  await page.goto(address.replace(/&?feature=[^&]+/, ''))
  await painted(page)
  const canvas = page.locator('.map-canvas canvas')
  const box = await canvas.boundingBox()
  await canvas.click({ position: { x: (box?.width ?? 0) / 2, y: (box?.height ?? 0) / 2 } })
  await expect(page.getByRole('article')).toContainText('PH-007')
})

test('goes closer where a circle of gathered points is clicked, until each can be picked by itself', async ({ page }) => {
  await open(page, '?map=8/42.29/123.85&layers=public_facility&tab=none')
  const canvas = page.locator('.map-canvas canvas')
  await clickWhereSomethingIs(page)
  // A circle is no feature: the map goes two zooms closer to its middle, and no card opens.
  await expectAddress(page, /map=10(\.0+)?\//)
  await expect(page.getByRole('article')).toHaveCount(0)
  await painted(page)
  await canvas.click()
  await expectAddress(page, /map=1[01]/)
  const items = await page.request.get('/ogc/collections/public_facility/items?limit=1')
  const [facility] = ((await items.json()) as { features: { geometry: { coordinates: [number, number] } }[] }).features
  const [longitude = 0, latitude = 0] = facility?.geometry.coordinates ?? []
  await open(page, `?map=14/${latitude}/${longitude}&layers=public_facility&tab=none`)
  await canvas.click()
  await expect(page.getByRole('article')).toBeVisible()
  await expectAddress(page, /feature=public_facility/)
})

test('goes from a target to its layer', async ({ page }) => {
  await open(page, '?layers=admin_district')
  await expect(layerBox(page, '老旧小区')).not.toBeChecked()
  await page.getByRole('button', { name: '老旧小区改造', exact: true }).click()
  await expect(layerBox(page, '老旧小区')).toBeChecked()
  await expectAddress(page, /layers=admin_district,old_compound/)
  const target = page.locator('[data-target]', { has: page.getByRole('button', { name: '老旧小区改造', exact: true }) })
  await expect(target.getByRole('progressbar')).toBeVisible()
  await target.getByText('数从何来').click()
  await expect(target.getByText('规划原文')).toBeVisible()
  await page.getByRole('button', { name: /约束性/ }).click()
  await expect(target).toHaveCount(0)
})

test('keeps the whole view in the address, and goes back', async ({ page }) => {
  const query = '?map=13.5/42.295/123.84&layers=road,park_green*40&tab=feature&lang=en'
  await open(page, query)
  await expect(page.getByRole('tab', { name: 'Feature' })).toHaveAttribute('aria-selected', 'true')
  await expect(layerBox(page, 'Roads')).toBeChecked()
  expect(decodeURIComponent(new URL(page.url()).search)).toBe(query)
  await layerBox(page, 'Roads').uncheck()
  await expectAddress(page, 'layers=park_green*40')
  await page.goBack()
  await expect(layerBox(page, 'Roads')).toBeChecked()
  await page.getByRole('button', { name: 'Close' }).last().click()
  await expectAddress(page, 'tab=none')
  await page.getByRole('button', { name: 'Open the right panel' }).click()
  await expect(page.getByRole('tab', { name: 'Targets' })).toBeVisible()
})

test('measures on the ellipsoid', async ({ page }) => {
  await open(page, '?map=15/42.2917/123.84')
  await page.getByRole('button', { name: '量距离' }).click()
  const canvas = page.locator('.map-canvas canvas')
  await canvas.click({ position: { x: 200, y: 300 } })
  await canvas.click({ position: { x: 400, y: 300 } })
  const readout = page.getByRole('region', { name: '量测' })
  // 200 px at zoom 15 are 200 × 40,075,017 m × cos(42.29°) / (512 × 2^15) = 353.4 m; the ellipsoid adds 0.15 %.
  const metres = Number(/([\d.]+) 米/.exec(await readout.innerText())?.[1])
  expect(metres).toBeGreaterThan(352)
  expect(metres).toBeLessThan(356)
  await page.keyboard.press('Backspace')
  await expect(readout.getByText('点击地图加点')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(readout).toBeHidden()
})

test('warns while anything illustrative is shown, and only then', async ({ page }) => {
  await open(page)
  const badge = page.getByRole('button', { name: '示意数据' })
  await badge.click()
  await expect(page.getByText('正在显示示意数据')).toBeVisible()
  await page.keyboard.press('Escape')
  await open(page, '?layers=admin_district&tab=none')
  await expect(badge).toHaveCount(0)
})

test('opens a table of a layer that cannot be drawn, and a card from it', async ({ page }) => {
  await open(page)
  await page.locator('[data-layer=compound_item]').getByText('小区改造内容').click()
  const table = page.getByRole('dialog', { name: '小区改造内容' })
  await expect(table.getByRole('columnheader', { name: '完成比例' })).toBeVisible()
  await expect(table.getByText('第 1–50 条')).toBeVisible()
  await table.getByRole('button', { name: '下一页' }).click()
  await expect(table.getByText('第 51–100 条')).toBeVisible()
  const first = table.getByRole('cell').getByRole('button').first()
  const code = await first.innerText()
  await first.click()
  await expect(page.getByRole('article')).toContainText(code)
})

/** Move over the middle of the map until the pointer tells that there is something, and click there. */
async function clickWhereSomethingIs(page: Page): Promise<void> {
  const box = await page.locator('.map-canvas canvas').boundingBox()
  const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2]
  const steps = Array.from({ length: 121 }, (_, at) => [(at % 11) - 5, Math.floor(at / 11) - 5] as const)
  const outwards = steps.sort((one, other) => Math.hypot(...one) - Math.hypot(...other))
  for (const [east, south] of outwards) {
    await page.mouse.move(x + east * 8, y + south * 8)
    if ((await page.locator('.map-canvas canvas').evaluate((canvas) => (canvas as HTMLElement).style.cursor)) !== 'pointer') continue
    await page.mouse.click(x + east * 8, y + south * 8)
    return
  }
  throw new Error('nothing stands in the middle of the map')
}
