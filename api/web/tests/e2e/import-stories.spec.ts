/** An old datum by control points, a ledger of several sheets in hectares, and an undo after somebody went on editing. */
import type { Page } from '@playwright/test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Office } from './field-phone'
import { CORPUS, JUDGED, openDesk, send, seriousIn, state } from './import-desk'
import { expect, test } from './page'
import { PORT } from './server'

/** What is left when an import is taken back stays: in a district of its own, where nobody counts parcels. */
const OWN_PORT = PORT + 10

test.use({ baseURL: `http://127.0.0.1:${OWN_PORT}` })

let office: Office

test.beforeAll(async () => {
  test.setTimeout(240_000)
  office = new Office('imports', OWN_PORT)
  await office.open()
})
test.afterAll(() => office?.kill())

/** Control points as a person copies them from a table. */
function pastedPoints(name: string): string {
  const truth = JSON.parse(readFileSync(join(CORPUS, `${name}.truth.json`), 'utf8')) as { control_points: { source: number[][]; target: number[][] } }
  return truth.control_points.source.map((source, at) => `K${at + 1} ${source.join(' ')} ${truth.control_points.target[at]?.join(' ')}`).join('\n')
}

async function chooseParcels(page: Page): Promise<void> {
  await page.getByRole('combobox', { name: '图层' }).selectOption({ label: '棚户区改造地块' })
}

async function judgeAgain(page: Page, outcome: string): Promise<void> {
  await page.getByRole('button', { name: '按此重新判断' }).click()
  await expect(state(page)).toHaveAttribute('data-state', outcome, JUDGED)
}

async function confirm(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^确认入库/ }).click()
  await expect(state(page)).toHaveAttribute('data-state', 'stored', JUDGED)
  await page.getByRole('button', { name: '全部导入' }).click()
}

test('control points bring an old datum in, a sheet in another unit changes it, and the undo lists what was edited later', async ({ page }) => {
  test.setTimeout(240_000)
  await openDesk(page)
  await chooseParcels(page)
  await send(page, 'beijing54.zip')
  await expect(state(page)).toHaveAttribute('data-state', 'refused', JUDGED)
  await expect(page.locator('[data-verdict=refuse]')).toContainText('没有转换参数就不能使用')
  await page.getByRole('textbox', { name: /从表格复制粘贴/ }).fill(pastedPoints('beijing54.zip'))
  await expect(page.getByText('读到 6 个控制点。')).toBeVisible()
  await page.getByRole('textbox', { name: /新坐标的坐标系/ }).fill('EPSG:4550')
  await judgeAgain(page, 'ready')
  // The points were made with a seven-parameter shift that four parameters follow to the millimetre here.
  await expect(page.locator('.fit tbody tr')).toHaveCount(6)
  await expect(page.locator('.fit')).toContainText(/中误差 0\.00\d 米/)
  await confirm(page)

  await chooseParcels(page)
  await send(page, 'ledger_streets.xlsx')
  await expect(state(page)).toHaveAttribute('data-state', 'ready', JUDGED)
  await expect(page.getByText('文件 6 行 = 可入库 6 行 + 退回 0 行')).toBeVisible()
  await page.locator('summary', { hasText: '内容' }).click()
  await page.locator('summary', { hasText: '列的对应' }).click()
  // 0.48 公顷 are the 4,800 m² that are registered.
  const area = page.locator('[data-column="占地面积"]')
  await expect(area.locator('[data-unit=公顷]')).toContainText('表头写明')
  await expect(area).toContainText('0.48 → 4,800 平方米')
  await expect(page.getByRole('radio', { name: /街道/ })).toHaveCount(5)
  await page.getByRole('radio', { name: /红旗街道/ }).check()
  await area.getByRole('combobox', { name: '列“占地面积”的单位' }).selectOption({ label: '亩' })
  await expect(area).toContainText('重新判断后换算')
  await page.locator('[data-column="涉及户数"]').getByRole('combobox', { name: /对应的字段/ }).selectOption('')
  await judgeAgain(page, 'ready')
  await expect(page.getByText('文件 2 行 = 可入库 2 行 + 退回 0 行')).toBeVisible()
  await expect(page.locator('.import-desk')).toContainText('变更 2')
  await expect(area.locator('[data-unit=亩]')).toContainText('由人指定')
  expect(await seriousIn(page)).toEqual([])
  await confirm(page)

  await page.locator('[data-import]', { hasText: 'beijing54.zip' }).click()
  await page.getByRole('button', { name: '撤销这次导入' }).click()
  await page.getByRole('button', { name: '确认撤销' }).click()
  await expect(state(page)).toHaveAttribute('data-state', 'undone', JUDGED)
  await expect(page.getByText('移除 4 个、恢复原值 0 个、找回 0 个要素。')).toBeVisible()
  await expect(page.getByText('导入之后有人改过其中 2 处，保持他们改后的样子：')).toBeVisible()
  await expect(page.locator('.edits li')).toHaveCount(2)
})
