import AxeBuilder from '@axe-core/playwright'
import { readFile } from 'node:fs/promises'
import { coloursOfMap, expect, open, test } from './page'

const SIZES = [
  { name: 'desktop', width: 1440, height: 900 },
  { name: 'small desktop', width: 1024, height: 768 },
  { name: 'desktop at 200 %', width: 720, height: 450 },
  { name: 'phone', width: 390, height: 844 },
]

for (const { name, width, height } of SIZES) {
  for (const language of ['zh', 'en']) {
    test(`fits a ${name} in ${language}`, async ({ page }) => {
      await page.setViewportSize({ width, height })
      await open(page, language === 'en' ? '?lang=en' : '')
      expect(await coloursOfMap(page)).toBeGreaterThan(20)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      // Whatever can be pressed in the frame is inside the window and covers no neighbour.
      const boxes = await page.locator('.header button, .header input, .controls button, .phone-bar button').evaluateAll((elements) =>
        elements.map((element) => {
          const { left, top, right, bottom } = element.getBoundingClientRect()
          return { left, top, right, bottom, name: element.getAttribute('aria-label') ?? element.textContent ?? '' }
        }),
      )
      for (const [at, box] of boxes.entries()) {
        expect(box.left, box.name).toBeGreaterThanOrEqual(0)
        expect(box.right, box.name).toBeLessThanOrEqual(width)
        expect(box.bottom, box.name).toBeLessThanOrEqual(height)
        for (const other of boxes.slice(at + 1)) {
          const apart = box.right <= other.left + 1 || other.right <= box.left + 1 || box.bottom <= other.top + 1 || other.bottom <= box.top + 1
          expect(apart, `${box.name} and ${other.name}`).toBe(true)
        }
      }
    })
  }
}

test('a phone opens layers, targets and a feature in a sheet over the map', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await open(page)
  const bar = page.getByRole('navigation', { name: '面板' })
  await bar.getByRole('button', { name: '图层' }).click()
  await expect(page.getByRole('checkbox', { name: '老旧小区', exact: true })).toBeVisible()
  await bar.getByRole('button', { name: '目标' }).click()
  await expect(page.locator('[data-target]').first()).toBeVisible()
  await bar.getByRole('button', { name: '要素' }).click()
  await expect(page.getByText('点击地图上的要素')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByText('点击地图上的要素')).toBeHidden()
})

test('keys reach everything in a sensible order, and the focus can be seen', async ({ page }) => {
  await open(page)
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: '跳到地图' })).toBeFocused()
  const seen: string[] = []
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press('Tab')
    const focus = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement
      const { outlineStyle } = getComputedStyle(element.closest('.anchor') ?? element)
      return { name: element.getAttribute('aria-label') ?? element.textContent ?? '', outlineStyle }
    })
    expect(focus.outlineStyle, focus.name).not.toBe('none')
    seen.push(focus.name)
  }
  expect(seen.slice(0, 4)).toEqual(['查找编码、名称或社区', '示意数据', '切换为英文', '登录'])
  await page.getByRole('checkbox', { name: '住宅楼', exact: true }).focus()
  await page.keyboard.press('Space')
  await expect(page.getByRole('checkbox', { name: '住宅楼', exact: true })).toBeChecked()
  await page.getByRole('tab', { name: '目标' }).focus()
  await page.keyboard.press('ArrowRight')
  await expect(page.getByRole('tab', { name: '要素' })).toHaveAttribute('aria-selected', 'true')
})

for (const [name, query] of [['targets', ''], ['English', '?lang=en&tab=feature']] as const) {
  test(`axe finds nothing serious (${name})`, async ({ page }) => {
    await open(page, query)
    const { violations } = await new AxeBuilder({ page }).analyze()
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect(serious.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 160))])).toEqual([])
  })
}

test('axe finds nothing serious in the sign-in dialog and on a phone', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await open(page)
  await page.getByRole('navigation', { name: '面板' }).getByRole('button', { name: '图层' }).click()
  const phone = await new AxeBuilder({ page }).analyze()
  await page.getByRole('button', { name: '登录' }).first().click()
  const dialog = await new AxeBuilder({ page }).analyze()
  const serious = [...phone.violations, ...dialog.violations].filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(serious.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 160))])).toEqual([])
})

test('on a phone the sheet of the address is open', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await open(page, '?tab=coverage')
  await expect(page.getByRole('tab', { name: '覆盖' })).toHaveAttribute('aria-selected', 'true')
})

test('the board has the figures of the day that the map shows, and says what nobody knows of it', async ({ page }) => {
  await open(page)
  const parcels = page.locator('[data-target="shantytown_parcels"] .figures')
  const today = await parcels.innerText()
  await open(page, '?day=2023-06-30')
  await expect(page.getByText('数据截至 2023-06-30')).toBeVisible()
  await expect(page.getByText(/以前没有登记：要素和数量按最早的登记/)).toBeVisible()
  expect(await parcels.innerText()).not.toEqual(today)
})

test('the map can be taken along as a picture, larger than the map by its title and legend', async ({ page }) => {
  await open(page)
  const map = await page.locator('.maplibregl-canvas').first().evaluate((canvas: HTMLCanvasElement) => [canvas.width, canvas.height])
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: '把地图存为图片' }).click()
  const file = await saved
  expect(file.suggestedFilename()).toMatch(/^银州城市更新一张图 \d{4}-\d\d-\d\d\.png$/)
  const png = await readFile(await file.path())
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  expect(png.readUInt32BE(16)).toBeGreaterThan(map[0] ?? Infinity)
  expect(png.readUInt32BE(20)).toBeGreaterThan(map[1] ?? Infinity)
})
