/** What goes wrong on a phone in the field, on the built page with the real server: each told in words, nothing lost. */
import type { BrowserContext, CDPSession, Page } from '@playwright/test'
import type { ChildProcess } from 'node:child_process'
import { Network } from './field-network'
import { NETWORK_PORT, onDisk, PHONE, signIn, status, STREET, waiting } from './field-phone'
import { changeForms, deny, ownClock, recordedOf, shoot, worker, type Recorded } from './field-trouble'
import { accountOf, LAYER } from './ledger'
import { expect, test } from './page'
import { phone } from './phone'
import { PORT } from './server'

const base = `http://127.0.0.1:${NETWORK_PORT}`
const CHANGED_PORT = PORT + 9
const HOURS = 5
const ROOM_BYTES = 6_000_000

test.use({ baseURL: base })
test.describe.configure({ mode: 'serial' })

let network: Network
let context: BrowserContext
let page: Page
let tools: CDPSession
let person: { name: string; password: string }
let parcels: { uid: string; code: string }[]
let changed: ChildProcess | undefined

test.beforeAll(async ({ browser }) => {
  test.setTimeout(120_000)
  network = new Network(PORT, 1)
  await network.open(NETWORK_PORT)
  person = accountOf(`trouble-${test.info().workerIndex}`, 'field', STREET)
  ;[context, page] = await phone(browser, base, person, async (fresh) => {
    tools = await fresh.context().newCDPSession(fresh)
    // From the start, since the browser goes on for a while with the room that it once found.
    await quota(ROOM_BYTES)
    await fresh.addInitScript(ownClock)
  })
  const answer = await page.request.get('/api/sync')
  expect(answer.ok(), await answer.text()).toBe(true)
  const { features } = (await answer.json()) as { features: { layer: string; uid: string; code: string }[] }
  parcels = features.filter(({ layer }) => layer === LAYER)
  expect(parcels.length).toBeGreaterThan(3)
})
test.afterAll(async () => {
  await context?.close()
  network?.close()
  changed?.kill('SIGKILL')
})

function recorded(parcel: number, text: string): Promise<Recorded[]> {
  return recordedOf(page, uidOf(parcel), text)
}

function uidOf(parcel: number): string {
  return parcels[parcel]?.uid ?? ''
}

async function form(parcel: number): Promise<void> {
  await page.goto(`/field?feature=${LAYER}/${uidOf(parcel)}`)
  await expect(page.getByRole('button', { name: '保存到手机' })).toBeVisible()
}

async function save(): Promise<void> {
  await page.getByRole('button', { name: '保存到手机' }).click()
  await expect(page.locator('.row').first()).toBeVisible()
}

async function note(parcel: number, text: string): Promise<void> {
  await form(parcel)
  await page.getByLabel('备注').fill(text)
  await save()
}

/** As when the phone looks again by itself, only now. */
async function lookAgain(): Promise<void> {
  await page.evaluate(() => void dispatchEvent(new Event('online')))
}

async function emptied(): Promise<void> {
  await lookAgain()
  await expect.poll(() => waiting(page), { intervals: [100] }).toBe(0)
  await expect.poll(() => onDisk(page), { intervals: [100] }).toMatchObject({ items: [] })
}

async function quota(bytes?: number): Promise<void> {
  await tools.send('Storage.overrideQuotaForOrigin', { origin: base, ...(bytes === undefined ? {} : { quotaSize: bytes }) })
}

test('full storage is told, loses nothing, and does not keep what waits from being sent', async () => {
  await context.setOffline(true)
  await form(0)
  const photos = page.locator('.photos img')
  await shoot(page, 200)
  await expect(photos).toHaveCount(1)
  await page.getByLabel('备注').fill('满前')
  await save()
  await form(1)
  const full = page.getByRole('alert').filter({ hasText: '手机存储已满，没有保存' })
  const noRoom = page.locator('div:has(> .camera)').getByRole('alert').filter({ hasText: '手机存储已满' })
  // Smaller and smaller photos, until there is no room for the smallest.
  let taken = 0
  for (let side = 1600; side > 16; ) {
    await shoot(page, side)
    await expect(photos.nth(taken).or(noRoom)).toBeVisible()
    if ((await photos.count()) > taken) taken += 1
    else side = Math.round(side / 2)
  }
  await expect(noRoom).toBeVisible()
  expect(taken).toBeGreaterThan(0)
  await page.getByLabel('备注').fill('满时')
  await page.getByRole('button', { name: '保存到手机' }).click()
  await expect(full.first()).toBeVisible()
  await expect(page.getByLabel('备注')).toHaveValue('满时')
  expect((await onDisk(page)).items).toHaveLength(3)

  // What waits goes, for which no room is needed; what is on the screen stays there until there is some.
  await context.setOffline(false)
  await emptied()
  expect(await recorded(0, '满前')).toHaveLength(2)
  await expect(page.getByLabel('备注')).toHaveValue('满时')
  await page.getByRole('button', { name: '删除' }).first().click()
  await save()
  await emptied()
  expect(await recorded(1, 'attachment')).toHaveLength(taken - 1)
  expect(await recorded(1, '满时')).toHaveLength(taken)
  await quota()
})

test('without leave to use position and camera the phone says so, and still records', async ({ browser }) => {
  await deny(browser, tools, base, PHONE.permissions)
  await form(0)
  await expect(page.getByText('没有定位权限')).toBeVisible()
  await expect(page.getByText('没有相机权限')).toBeVisible()
  await expect(page.locator('.camera input')).not.toHaveAttribute('capture')
  await page.locator('.camera input').setInputFiles({ name: 'empty.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(0) })
  await expect(page.getByRole('alert').filter({ hasText: '这张照片不能读取' })).toBeVisible()
  await shoot(page, 64)
  await expect(page.getByAltText('第 1 张照片')).toBeVisible()
  await page.getByLabel('备注').fill('无定位')
  await save()
  await expect(page.getByText('没有定位权限，不能按距离排序')).toBeVisible()
  await emptied()
  const [record] = await recorded(0, '无定位')
  expect(record).toMatchObject({ kind: 'photo', place: null })
  await context.grantPermissions(PHONE.permissions)
})

test('a session that was ended at the office is told, and what waits is sent after signing in again', async ({ playwright }) => {
  await context.setOffline(true)
  await note(0, '会话前')
  await form(1)
  await page.getByLabel('备注').fill('写到一半')
  const headers = { 'X-Requested-With': 'e2e' }
  const elsewhere = await playwright.request.newContext({ baseURL: base, extraHTTPHeaders: headers })
  expect((await elsewhere.post('/api/auth/login', { data: person })).ok()).toBe(true)
  const { sessions } = (await (await elsewhere.get('/api/auth/sessions')).json()) as { sessions: { id: string; current: boolean }[] }
  for (const { id, current } of sessions) if (!current) expect((await elsewhere.delete(`/api/auth/sessions/${id}`)).status()).toBe(204)

  await context.setOffline(false)
  await lookAgain()
  await expect(page.getByText('登录已失效。请重新登录；未上传的记录都还在这部手机上。')).toBeVisible()
  await expect(status(page)).toContainText('待传 1')
  await expect(page.getByLabel('账号')).toHaveValue(person.name)
  await signIn(page, person.name, person.password)
  await emptied()
  expect(await recorded(0, '会话前')).toHaveLength(1)
  await expect(page.getByLabel('备注')).toHaveValue('写到一半')
  await save()
  await emptied()
  expect(await recorded(1, '写到一半')).toHaveLength(1)
  await elsewhere.dispose()
})

test('a clock that is wrong by hours is told; the record goes by the server’s time and keeps the phone’s', async () => {
  await page.evaluate((ms) => localStorage.setItem('shift', String(ms)), HOURS * 3_600_000)
  await form(0)
  await lookAgain()
  await expect(page.getByText(`手机时钟快了约 ${HOURS} 小时`)).toBeVisible()
  // Without signal the difference is known from before.
  await context.setOffline(true)
  await note(0, '钟快')
  await context.setOffline(false)
  await emptied()
  const [record] = await recorded(0, '钟快')
  const off = (text: unknown) => (Date.parse(String(text)) - Date.parse(record?.recorded_at ?? '')) / 3_600_000
  expect(Math.abs(off(record?.valid_at))).toBeLessThan(0.1)
  expect(Math.abs(off(record?.payload.device_at) - HOURS)).toBeLessThan(0.1)
  await page.evaluate(() => localStorage.removeItem('shift'))
  await form(0)
  await expect(page.getByText('手机时钟')).toHaveCount(0)
})

test('the worker sends what waits after the page was closed', async () => {
  await context.setOffline(true)
  await form(2)
  await shoot(page, 200)
  await expect(page.getByAltText('第 1 张照片')).toBeVisible()
  await page.getByLabel('备注').fill('后台')
  await save()
  await note(3, '后台')
  const { items } = await onDisk(page)
  expect(items.map(({ type }) => type).sort()).toEqual(['event', 'event', 'event', 'photo'])
  const blank = await context.newPage()
  const waken = await worker(await context.newCDPSession(blank), base)
  await page.close()
  await context.setOffline(false)
  await waken('yzgeo-outbox')
  page = blank
  await expect.poll(() => recorded(2, '后台'), { intervals: [100] }).toHaveLength(2)
  await expect.poll(() => recorded(3, '后台'), { intervals: [100] }).toHaveLength(1)
  await page.goto('/field?outbox')
  await expect(page.getByText('全部已上传并收到回执。')).toBeVisible()
  await expect(status(page)).toContainText('最近回执')
  expect(await onDisk(page)).toEqual({ items: [], blobs: [] })
})

test('a form that the office changed is told in its draft; what it refuses stays with the reason and holds up nothing', async () => {
  await context.setOffline(true)
  await form(0)
  const cleared = page.locator('[name=cleared_m2]')
  const soFar = /已报 ([\d.]+)/.exec((await page.locator('label').filter({ has: cleared }).textContent()) ?? '')?.[1] ?? '0'
  await cleared.fill(soFar)
  await save()
  await note(2, '照常')
  await form(1)
  await cleared.fill('1')
  await page.getByLabel('备注').fill('留着')

  changed = await changeForms(CHANGED_PORT)
  network.to = CHANGED_PORT
  await context.setOffline(false)
  await lookAgain()
  const told = page.getByRole('alert').filter({ hasText: '表单已更新，草稿中有内容不再适用：数量“已净地面积”' })
  await expect(told).toBeVisible()
  await expect(cleared).toHaveCount(0)
  await expect(page.getByLabel('备注')).toHaveValue('留着')
  await expect(status(page)).toContainText('未通过 1： 此图层不登记 已净地面积')
  expect(await recorded(2, '照常')).toHaveLength(1)
  await save()
  await expect.poll(() => waiting(page), { intervals: [100] }).toBe(0)
  expect(await recorded(1, '留着')).toHaveLength(1)

  await status(page).click()
  const refused = page.locator('.card').filter({ hasText: parcels[0]?.code ?? '' })
  await expect(refused.locator('.fault')).toHaveText('此图层不登记 已净地面积')
  await refused.getByRole('button', { name: '放弃' }).click()
  await refused.getByRole('button', { name: '确定放弃，不可恢复' }).click()
  await expect(page.getByText('全部已上传并收到回执。')).toBeVisible()
})
