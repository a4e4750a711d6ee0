/** Two phones and an office on one parcel: what contradicts is decided at the desk, and the phones hear of it. */
import type { Page } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { STREET, waiting } from './field-phone'
import { accountOf, enter, LAYER, parcelAt, seriousFaults } from './ledger'
import { expect, open, test } from './page'
import { phone } from './phone'

/** Record something at the office, beside the page. */
async function record(page: Page, uid: string, kind: string, payload: Record<string, unknown>): Promise<void> {
  const answer = await page.request.post(`/api/layers/${LAYER}/features/${uid}/events`, {
    data: { id: randomUUID(), kind, valid_at: new Date().toISOString(), payload }, headers: { 'X-Requested-With': 'e2e' },
  })
  expect(answer.status(), await answer.text()).toBe(201)
}

async function stands(page: Page, uid: string): Promise<[string, unknown]> {
  const answer = await page.request.get(`/ogc/collections/${LAYER}/items/${uid}`)
  const { properties } = (await answer.json()) as { properties: Record<string, unknown> }
  return [String(properties.stage), properties.households_signed]
}

async function openConflicts(page: Page, uid: string): Promise<number> {
  const { conflicts } = (await (await page.request.get('/api/conflicts?state=open')).json()) as { conflicts: { uid: string }[] }
  return conflicts.filter((each) => each.uid === uid).length
}

async function form(mobile: Page, uid: string): Promise<void> {
  await mobile.goto(`/field?feature=${LAYER}/${uid}`)
  await expect(mobile.getByRole('button', { name: '保存到手机' })).toBeVisible()
}

async function save(mobile: Page): Promise<void> {
  await mobile.getByRole('button', { name: '保存到手机' }).click()
  await expect(mobile.locator('.row').first()).toBeVisible()
}

test('what two phones and the office recorded of one parcel is decided at the desk, and the phones hear of it', async ({ page, browser, baseURL }) => {
  test.setTimeout(240_000)
  const [east, one] = await phone(browser, baseURL, accountOf('e2e-east', 'field', STREET))
  const [west, two] = await phone(browser, baseURL, accountOf('e2e-west', 'field', STREET))
  await enter(page, 'e2e-desk', 'planner')
  const { id: uid, properties } = await parcelAt(page, 'signing', 2)
  const signed = Number((await stands(page, uid))[1])

  // Without signal both write on what they hold, and the office goes on meanwhile.
  for (const context of [east, west]) await context.setOffline(true)
  await form(two, uid)
  await two.locator('[name=households_signed]').fill(String(signed + 7))
  await save(two)
  await record(page, uid, 'measure', { households_signed: signed + 5 })
  await record(page, uid, 'transition', { to: 'suspended', reason: '资金未到位' })
  await form(one, uid)
  await one.getByLabel('搬迁腾空').check()
  await one.getByLabel('备注').fill('已全部搬走')
  await save(one)
  for (const context of [east, west]) await context.setOffline(false)
  await expect.poll(() => openConflicts(page, uid)).toBe(2)
  expect(await stands(page, uid)).toEqual(['suspended', signed + 5])

  await open(page)
  await page.getByRole('button', { name: '工作台' }).click()
  await page.getByRole('menuitem', { name: /冲突.*2 条待裁定/ }).click()
  const mine = page.locator('[data-conflict]').filter({ hasText: properties.name })
  await expect(mine).toHaveCount(2)
  const stage = mine.filter({ hasText: '阶段矛盾' })
  await stage.getByRole('button', { expanded: false }).press('Enter')
  const row = (name: string) => stage.getByRole('row').filter({ hasText: name })
  await expect(row('阶段').getByRole('cell')).toHaveText(['签约', '搬迁腾空有变化', '暂停有变化'])
  expect(await seriousFaults(page)).toEqual([])
  await stage.getByRole('button', { name: '裁定…' }).click()
  await expect(stage.getByRole('alert')).toHaveText('请选一种裁定。')
  await stage.getByRole('radio', { name: /采用手机记录/ }).press('Space')
  await stage.getByRole('button', { name: '裁定…' }).click()
  await expect(stage.getByRole('alert')).toHaveText('请写理由。')
  await stage.getByLabel(/^理由/).fill('现场照片为准')

  await stage.getByRole('button', { name: '裁定…' }).click()
  await page.keyboard.press('Escape')
  await expect(stage.getByRole('button', { name: '裁定…' })).toBeFocused()

  // The office moves on while the desk is open: nothing is decided on what was not seen.
  await record(page, uid, 'measure', { households_signed: signed + 6 })
  await stage.getByRole('button', { name: '裁定…' }).click()
  const question = page.getByRole('alertdialog')
  await question.getByRole('button', { name: '确认裁定' }).click()
  await expect(stage.getByRole('alert')).toContainText('办公室记录又有变化')
  await expect(row('签约户数').locator('[data-side=office]')).toContainText(String(signed + 6))
  await expect(stage.getByLabel(/^理由/)).toHaveValue('现场照片为准')
  expect(await stands(page, uid)).toEqual(['suspended', signed + 6])
  await stage.getByRole('button', { name: '裁定…' }).click()
  await question.getByRole('button', { name: '确认裁定' }).click()
  await expect(stage).toContainText('已裁定并记入台账')
  expect(await stands(page, uid)).toEqual(['vacated', signed + 6])

  const count = mine.filter({ hasText: '数量矛盾' })
  await count.getByRole('button', { expanded: false }).click()
  const both = count.locator('label').filter({ hasText: '两者并存' })
  await expect(both).toContainText(String(signed + 13))
  await both.click()
  await count.getByLabel(/^理由/).fill('两处各签各的')
  await count.getByRole('button', { name: '裁定…' }).click()
  await question.getByRole('button', { name: '确认裁定' }).click()
  await expect(count).toContainText('已裁定并记入台账')
  expect(await stands(page, uid)).toEqual(['vacated', signed + 13])
  await page.getByRole('button', { name: '已裁定', exact: true }).click()
  await stage.getByRole('button', { expanded: false }).click()
  await expect(stage).toContainText(/e2e-desk 于 \d{4}-\d\d-\d\d \d\d:\d\d 裁定：采用手机记录/)

  // The phones hear of it, with the reason.
  for (const [mobile, reason] of [[one, '现场照片为准'], [two, '两处各签各的']] as const) {
    await mobile.goto('/field?outbox')
    await expect(mobile.locator('main')).toContainText(reason)
  }

  // Unsent work comes to the office as a file, and later by itself: it stands in the ledger once.
  await west.setOffline(true)
  await form(two, uid)
  await two.getByLabel('备注').fill('东门有积水')
  await save(two)
  await two.goto('/field?outbox')
  const download = two.waitForEvent('download')
  await two.getByRole('button', { name: '导出未传记录' }).click()
  await page.getByTestId('unsent').setInputFiles(await (await download).path())
  await expect(page.getByText(/[12] 条已登记，0 条有冲突，0 条未通过。/)).toBeVisible()
  await west.setOffline(false)
  await expect.poll(() => waiting(two)).toBe(0)
  const story = (await (await page.request.get(`/api/layers/${LAYER}/features/${uid}/events`)).json()) as { events: { payload: { text?: string } }[] }
  expect(story.events.filter(({ payload }) => payload.text === '东门有积水')).toHaveLength(1)

  // A phone that is lost: revoked at the desk, it forgets what it held and says why.
  await enter(page, 'e2e-admin', 'admin')
  await open(page, '?tab=accounts')
  await page.getByRole('tab', { name: '会话与令牌' }).click()
  const lost = page.getByRole('region', { name: '所有手机' }).getByRole('row').filter({ hasText: 'e2e-west' })
  await lost.getByRole('button', { name: /^吊销手机/ }).click()
  await expect(question).toContainText('不能恢复')
  await question.getByRole('button', { name: '吊销' }).click()
  await expect(lost).toContainText('已于')
  await two.goto('/field')
  await expect(two.getByRole('alert').filter({ hasText: '此手机已被停用' })).toBeVisible()
  await expect(two.locator('.row')).toHaveCount(0)
  for (const context of [east, west]) await context.close()
})
