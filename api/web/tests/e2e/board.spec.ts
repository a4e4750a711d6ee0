/** The board of a meeting, and the ledger's parts of the page on a phone and in English. */
import { enter, form, openCard, parcelAt, seriousFaults } from './ledger'
import { expect, expectAddress, open, painted, test } from './page'

test('the board of a meeting: lights, curve, late list to the map, and the last meeting is remembered', async ({ page }) => {
  await enter(page, 'e2e-planner', 'planner')
  await open(page, '?tab=ledger')
  const promise = page.locator(`[data-promise=shantytown_parcels]`)
  await expect(promise).toContainText('应完成')
  await promise.getByRole('button').first().click()
  await expect(promise.getByRole('img', { name: /进度曲线/ }).locator('svg path')).not.toHaveCount(0)
  await expect(promise).toContainText('分母')
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('tab', { name: '逾期' }).click()
  const [first] = await page.locator('tbody .open').allInnerTexts()
  await page.locator('tbody .open').first().click()
  await expectAddress(page, /feature=[a-z_0-9]+\/.*tab=ledger/)
  await expectAddress(page, /map=1[3-9]/)
  expect(first).toBeTruthy()
  await page.getByRole('tab', { name: '自上次会议' }).click()
  const answered = page.waitForResponse(/progress\/changes\?from=2024-05-15/)
  await page.getByRole('textbox', { name: '上次会议' }).fill('2024-05-15')
  await expect(page.getByText(/个要素的阶段有变动/)).toBeVisible()
  const told = (await (await answered).json()) as { late: { code: string }[] }
  const reported = page.getByRole('region', { name: '补报' })
  await expect(reported).toContainText(`${told.late.length} 个要素在此期间补报了更早的情况`)
  await expect(reported.locator('tbody .open').first()).toContainText(told.late[0]?.code ?? 'the illustrative district reports something late')
  await page.reload()
  await page.getByRole('tab', { name: '自上次会议' }).click()
  await expect(page.getByRole('textbox', { name: '上次会议' })).toHaveValue('2024-05-15')
})

test('on a phone the card, the board and the time fit, and English has no Chinese words of the page', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await enter(page, 'e2e-planner', 'planner')
  const parcel = await parcelAt(page, 'signing', 1)
  await openCard(page, parcel)
  await page.getByRole('article').getByRole('button', { name: /^进入/ }).click()
  await expect(form(page)).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  expect(await seriousFaults(page)).toEqual([])
  await page.goto('/?lang=en')
  await painted(page)
  await page.getByRole('button', { name: 'Desks' }).click()
  await page.getByRole('menuitem', { name: 'Progress' }).click()
  await expect(page.locator('[data-promise]').first()).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  const chinese = await page.locator('.side.right').evaluate((panel) => {
    const found: string[] = []
    const walker = document.createTreeWalker(panel, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!node.parentElement?.closest('[lang=zh]') && /[\u4e00-\u9fff]/.test(node.textContent ?? '')) found.push(node.textContent ?? '')
    }
    return found
  })
  expect(chinese).toEqual([])
})
