/** The ledger's whole story in a browser: recorded with a photo, approved, seen on map and board, undone in the open. */
import { readFileSync } from 'node:fs'
import { LAYER, OTHER_STREET, OWN_STREET, centreColour, enter, form, legendCount, openCard, parcelAt, person, seriousFaults } from './ledger'
import { expect, expectAddress, open, painted, test } from './page'

test('a parcel moves with a photo, a second person agrees, board and map follow, the slider goes back, and a counter-event undoes it', async ({ page, browser, baseURL }) => {
  test.setTimeout(240_000)
  await enter(page, 'e2e-field', 'field', OWN_STREET)
  const parcel = await parcelAt(page, 'demolished')
  await openCard(page, parcel)
  await page.getByRole('button', { name: '缩放到要素' }).click()
  await expectAddress(page, /map=1[4-9]/)
  const card = page.getByRole('article')
  const current = card.locator('[aria-current=step]')
  await expect(current).toContainText('拆除')
  await page.waitForLoadState('networkidle')
  const demolished = await centreColour(page)
  const clearedBefore = await legendCount(page, '净地')

  // Only the next step is offered, with what it takes; without evidence it is not sent.
  await expect(card.getByRole('button', { name: /^进入/ })).toHaveText(['进入“净地”'])
  await expect(card.getByRole('group', { name: '登记' })).toContainText('须附照片或文件 · 须第二人审批')
  await card.getByRole('button', { name: '进入“净地”' }).click()
  await form(page).getByRole('button', { name: '登记', exact: true }).click()
  await expect(form(page).getByRole('alert')).toContainText('请先上传照片或文件。')
  await form(page).locator('input[type=file]').setInputFiles({ name: '现场.png', mimeType: 'image/png', buffer: await page.screenshot() })
  await expect(form(page).getByText('已上传 现场.png')).toBeVisible()
  await form(page).getByLabel('备注').fill('场地已平整')
  await form(page).getByRole('button', { name: '登记', exact: true }).click()
  await expect(form(page).getByRole('status').filter({ hasText: /已登记，等待第二人审批。回执 [0-9A-F]{4}-[0-9A-F]{4}/ })).toBeVisible()
  await form(page).getByRole('button', { name: '知道了' }).click()
  await expect(card.getByText('等待第二人审批').first()).toBeVisible()
  await expect(current).toContainText('拆除')
  // The photo is in the history, and the receipt can be looked up.
  const entry = card.locator('[data-event]').first()
  await expect(entry).toContainText('进入“净地”')
  await expect(entry).toContainText('e2e-field')
  await expect(entry.locator('img')).toHaveJSProperty('complete', true)
  expect(await entry.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0)
  await entry.getByRole('button', { name: '回执' }).click()
  await expect(entry.getByText('核对无误')).toBeVisible()
  expect(await seriousFaults(page)).toEqual([])

  // Whoever recorded it cannot approve it; the desk says so.
  await page.getByRole('button', { name: '工作台' }).click()
  await page.getByRole('menuitem', { name: '审批' }).click()
  await expect(page.locator('[data-waiting]').filter({ hasText: parcel.properties.code })).toContainText('这是您自己登记的')

  const [context, office] = await person(browser, baseURL, 'e2e-bureau', 'bureau')
  await open(office, '?tab=approvals')
  await office.getByRole('combobox', { name: '图层' }).selectOption({ label: '棚户区改造地块' })
  const waiting = office.locator('[data-waiting]').filter({ hasText: parcel.properties.code })
  await expect(waiting).toContainText('拆除 → 净地')
  await expect(waiting.locator('img')).toBeVisible()
  expect(await seriousFaults(office)).toEqual([])
  await waiting.getByRole('button', { name: '驳回' }).click()
  await expect(waiting.getByText('驳回须写明原因。')).toBeVisible()
  await waiting.getByLabel('意见').fill('照片清楚')
  await waiting.getByRole('button', { name: '同意' }).click()
  await expect(waiting.getByRole('status')).toContainText(/已记入台账。回执 [0-9A-F]{4}-[0-9A-F]{4}/)

  // The board: what moved, and the sum of the district.
  await office.getByRole('button', { name: '工作台' }).click()
  await office.getByRole('menuitem', { name: '进展' }).click()
  await office.getByRole('tab', { name: '自上次会议' }).click()
  const moved = office.getByRole('row').filter({ hasText: parcel.properties.code })
  await expect(moved).toContainText('拆除 → 净地')
  await office.getByRole('tab', { name: '分区' }).click()
  const told = (await (await office.request.get('/api/progress')).json()) as { district: Record<string, { done: number; count: number }> }
  const district = told.district[LAYER]
  await expect(office.locator('tfoot')).toContainText(`${district?.done}/${district?.count}`)
  const download = office.waitForEvent('download')
  await office.getByRole('button', { name: 'CSV' }).click()
  const csv = readFileSync(await (await download).path(), 'utf8')
  expect(csv).toContain(`全区,${district?.count},${district?.done},`)
  const workbook = office.waitForEvent('download')
  await office.getByRole('button', { name: 'Excel' }).click()
  expect(readFileSync(await (await workbook).path()).subarray(0, 2).toString()).toBe('PK')
  await context.close()

  // The map and the legend of the one who recorded it.
  await page.reload()
  await painted(page)
  await page.getByRole('button', { name: '关闭' }).last().click()
  await openCard(page, parcel, `&map=${new URL(page.url()).searchParams.get('map') ?? ''}`)
  await expect(current).toContainText('净地')
  await expect.poll(() => legendCount(page, '净地')).toBe(clearedBefore + 1)
  await page.waitForLoadState('networkidle')
  const cleared = await centreColour(page)
  expect(cleared).not.toBe(demolished)

  // A month back by the keys: the day in the address and the header, the old stage on card and map, and no form.
  await page.locator('body').press('ArrowLeft')
  await expectAddress(page, /day=\d{4}-\d\d-\d\d/)
  await expect(page.getByRole('banner').getByRole('button', { name: /^\d{4}-\d\d-\d\d/ })).toBeVisible()
  await expect(current).toContainText('拆除')
  await expect(card.getByText('登记请回到今天')).toBeVisible()
  await expect(card.getByRole('group', { name: '登记' })).toHaveCount(0)
  await expect.poll(() => centreColour(page)).toBe(demolished)
  await page.getByRole('button', { name: '卷帘对比' }).click()
  await expectAddress(page, /before=\d{4}-\d\d-\d\d/)
  await expect(page.locator('.curtain canvas')).toBeVisible()
  await page.getByRole('slider', { name: /卷帘位置/ }).press('ArrowRight')
  await expect(page.getByRole('slider', { name: /卷帘位置/ })).toHaveAttribute('aria-valuenow', '52')
  await page.getByRole('button', { name: '结束卷帘' }).click()
  await page.getByRole('region', { name: '时间轴' }).getByRole('button', { name: '回到今天' }).click()
  await expect(current).toContainText('净地')
  await expect.poll(() => centreColour(page)).toBe(cleared)

  // Corrected in the open: the entry stays, without effect.
  const wrong = card.locator('[data-event]').filter({ hasText: '场地已平整' }).first()
  const again = card.locator('[data-event]').filter({ hasText: '进入“净地”' }).first()
  await again.getByRole('button', { name: '更正' }).click()
  await form(page).getByLabel('原因').fill('登记错了地块')
  await form(page).getByRole('button', { name: '登记', exact: true }).click()
  await expect(form(page).getByText(/已登记。回执/)).toBeVisible()
  await expect(current).toContainText('拆除')
  await expect(card.locator('[data-event]').filter({ hasText: '登记错了地块' })).toContainText('更正')
  await expect(again).toContainText('已更正，不再起作用')
  await expect(wrong).toBeVisible()
  await expect.poll(() => legendCount(page, '净地')).toBe(clearedBefore)
})

test('a parcel of another street office is not there for the field, and its progress cannot be recorded', async ({ page }) => {
  await enter(page, 'e2e-planner', 'planner')
  const parcel = await parcelAt(page, 'demolished', 1)
  await enter(page, 'e2e-elsewhere', 'field', OTHER_STREET)
  await open(page, `?feature=${LAYER}/${parcel.id}&tab=feature`)
  await expect(page.getByText('没有这个要素。')).toBeVisible()
  const answer = await page.request.post(`/api/layers/${LAYER}/features/${parcel.id}/events`, {
    data: { id: '7d3c4f52-5a31-4c1e-9d55-0f6f4f0f1a11', kind: 'note', valid_at: new Date().toISOString(), payload: { text: '路过' } },
    headers: { 'X-Requested-With': 'e2e' },
  })
  expect([403, 404]).toContain(answer.status())
})

test('what others recorded meanwhile is shown beside what one saw, with a way to go on', async ({ page, browser, baseURL }) => {
  await enter(page, 'e2e-field', 'field', OWN_STREET)
  const parcel = await parcelAt(page, 'signing')
  await openCard(page, parcel)
  const card = page.getByRole('article')
  await card.getByRole('button', { name: '进入“搬迁腾空”' }).click()
  const [context, office] = await person(browser, baseURL, 'e2e-planner', 'planner')
  const aside = await office.request.post(`/api/layers/${LAYER}/features/${parcel.id}/events`, {
    data: { id: '0b9f3f0e-0f39-4d5b-8a44-1f1f6a2c7b01', kind: 'transition', valid_at: new Date().toISOString(), payload: { to: 'suspended', reason: '资金未到位' } },
    headers: { 'X-Requested-With': 'e2e' },
  })
  expect(aside.status(), await aside.text()).toBe(201)
  await context.close()
  await form(page).getByRole('button', { name: '登记', exact: true }).click()
  const conflict = form(page).getByRole('alert')
  await expect(conflict).toContainText('别人登记了新的进展')
  await expect(conflict).toContainText(/您打开时\s*签约/)
  await expect(conflict).toContainText(/现在\s*暂停/)
  await conflict.getByRole('button', { name: '按现在的情况继续填' }).click()
  await expect(form(page).getByText('这一步已不能再登记')).toBeVisible()
  await form(page).getByRole('button', { name: '取消' }).click()
  await expect(card.locator('[aria-current=step]')).toContainText('暂停')
  await expect(card.getByText('暂停前的阶段：签约')).toBeVisible()
})

test('an entry whose receipt was lost on the way is sent again and stands in the ledger once', async ({ page }) => {
  await enter(page, 'e2e-field', 'field', OWN_STREET)
  const parcel = await parcelAt(page, 'vacated')
  await openCard(page, parcel)
  const card = page.getByRole('article')
  await card.getByRole('button', { name: '写说明' }).click()
  await form(page).getByLabel('说明', { exact: true }).fill('围挡已装好')
  let lost = 0
  await page.route('**/events', async (route) => {
    if (route.request().method() !== 'POST' || lost > 0) return route.fallback()
    lost += 1
    await route.fetch()
    return route.abort()
  })
  await form(page).getByRole('button', { name: '登记', exact: true }).click()
  await expect(form(page).getByText('没有收到服务器的回执')).toBeVisible()
  await expect(form(page).getByText(/已登记。回执/)).toHaveCount(0)
  await form(page).getByRole('button', { name: '再发一次' }).click()
  await expect(form(page).getByText(/已登记。回执/)).toBeVisible()
  await expect(card.locator('[data-event]').filter({ hasText: '围挡已装好' })).toHaveCount(1)
  const story = await page.request.get(`/api/layers/${LAYER}/features/${parcel.id}/events`)
  const { events } = (await story.json()) as { events: { payload: { text?: string } }[] }
  expect(events.filter(({ payload }) => payload.text === '围挡已装好')).toHaveLength(1)
})

test('quantities keep to their limits, and a refusal is told in words', async ({ page }) => {
  await enter(page, 'e2e-field', 'field', OWN_STREET)
  const parcel = await parcelAt(page, 'vacated')
  await openCard(page, parcel)
  const card = page.getByRole('article')
  await card.getByRole('button', { name: '登记数量' }).click()
  await form(page).getByLabel('已净地面积').fill('99999999')
  await form(page).getByRole('button', { name: '登记', exact: true }).click()
  await expect(form(page).getByRole('alert')).toContainText('不超过上限')
  await form(page).getByRole('button', { name: '取消' }).click()
  // Dated before the stage it follows: only the server can know.
  await card.getByRole('button', { name: '进入“拆除”' }).click()
  await form(page).getByLabel('日期').fill('2020-01-01')
  await form(page).locator('input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: await page.screenshot() })
  await expect(form(page).getByText('已上传 a.png')).toBeVisible()
  await form(page).getByRole('button', { name: '登记', exact: true }).click()
  await expect(form(page).getByRole('alert')).toContainText('没有登记：')
  await expect(form(page).getByRole('alert')).toContainText('不能从')
})
