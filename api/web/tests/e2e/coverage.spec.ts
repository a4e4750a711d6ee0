import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, expectAddress, open, test } from './page'
import { account, PORT } from './server'

interface Share {
  covered: number
  total: number
  share: number
}

interface Run {
  id: string
  state: string
  summary: Record<'people' | 'dwellings' | 'buildings' | 'land', Share> & {
    detour_loss: Record<string, number>
    siting: { sites: { uid: string }[] }
  }
}

interface Scenario {
  id: string
  title: string
  changes: { kind: string; uid?: string; lon?: number; lat?: number }[]
}

/** A browser says where a changing request comes from; a bare client has to. */
const ORIGIN = { origin: `http://127.0.0.1:${PORT}` }
const CIRCLE = 'fitness_10min'
const ROUTE_COLOUR = [142, 42, 139]

async function signIn(page: Page): Promise<void> {
  const { name, password } = account()
  const answer = await page.request.post('/api/auth/login', { data: { name, password }, headers: ORIGIN })
  expect(answer.ok(), await answer.text()).toBe(true)
}

/** The same question over HTTP, waited for. */
async function run(page: Page, analysis: string, parameters: Record<string, unknown>): Promise<Run> {
  let answer = await page.request.post('/api/runs', { data: { analysis, parameters }, headers: ORIGIN })
  let told = (await answer.json()) as Run
  expect(answer.ok(), JSON.stringify(told)).toBe(true)
  while (told.state !== 'done') {
    expect(['queued', 'running']).toContain(told.state)
    await page.waitForTimeout(200)
    answer = await page.request.get(`/api/runs/${told.id}`)
    told = (await answer.json()) as Run
  }
  return told
}

async function scenarioNamed(page: Page, title: string): Promise<Scenario | undefined> {
  const { scenarios } = (await (await page.request.get('/api/scenarios')).json()) as { scenarios: Scenario[] }
  return scenarios.find((one) => one.title === title)
}

async function expectShare(page: Page, weight: string, share: number): Promise<void> {
  await expect.poll(async () => Number(await page.locator(`[data-weight=${weight}]`).getAttribute('data-share')), { timeout: 30_000 }).toBeCloseTo(share, 6)
}

/** How many points of the map have the colour of a drawn way. */
async function routePoints(page: Page): Promise<number> {
  const picture = await page.locator('.map-canvas canvas').screenshot()
  return page.evaluate(
    async ([base64, wanted]) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')
      if (!context) throw new Error('no 2D canvas')
      context.drawImage(bitmap, 0, 0)
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height)
      let found = 0
      for (let at = 0; at < data.length; at += 4) if (wanted.every((value, band) => Math.abs((data[at + band] ?? 0) - value) < 12)) found += 1
      return found
    },
    [picture.toString('base64'), ROUTE_COLOUR] as const,
  )
}

async function newScenario(page: Page, title: string): Promise<void> {
  await page.getByLabel('新方案名称').fill(title)
  await page.getByRole('button', { name: '新建' }).click()
  await expect(page.getByLabel('方案名称', { exact: true })).toHaveValue(title)
}

test('the shares of a circle are those of the service, and the slider answers as a new run would', async ({ page }) => {
  await signIn(page)
  await open(page, '?tab=coverage')
  await expect(page.getByLabel('圈', { exact: true })).toHaveValue(CIRCLE)
  const asked = await run(page, 'coverage', { circle: CIRCLE })
  for (const weight of ['people', 'dwellings', 'buildings', 'land'] as const) await expectShare(page, weight, asked.summary[weight].share)
  await expect(page.locator('[data-loss=people]')).toHaveText(String(Math.round(10 * (asked.summary.detour_loss.people ?? 0)) / 10))
  expect(asked.summary.detour_loss.people).toBeGreaterThan(0)
  await page.getByText('数从何来').click()
  await expect(page.getByRole('link', { name: asked.id.slice(0, 12) })).toBeVisible()
  await expect(page.getByText('示意数据：')).toBeVisible()

  let posts = 0
  page.on('request', (request) => (posts += request.method() === 'POST' ? 1 : 0))
  await page.getByLabel('分钟', { exact: true }).fill('6')
  await expect(page.locator('[data-limit]')).toContainText('500')
  expect(posts, 'a slider asks for no new search').toBe(0)
  const again = await run(page, 'coverage', { circle: CIRCLE, minutes: 6, speed_kmh: 5 })
  expect(again.summary.people.share).toBeLessThan(asked.summary.people.share)
  for (const weight of ['people', 'dwellings', 'buildings', 'land'] as const) await expectShare(page, weight, again.summary[weight].share)
  const answered = await page.evaluate(() => performance.getEntriesByName('yzgeo-slider-answered').map(({ duration }) => duration))
  expect(Math.max(...answered)).toBeLessThan(1000)

  const left = again.summary.buildings.total - again.summary.buildings.covered
  await expect(page.getByRole('region', { name: '圈外名单' }).getByRole('heading')).toContainText(left.toLocaleString('zh-CN'))
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '下载 XLSX' }).click()])
  expect(download.suggestedFilename()).toMatch(/\.xlsx$/)
  await page.getByRole('button', { name: '还原' }).click()
  await expectShare(page, 'people', asked.summary.people.share)
})

test('pointing at a building draws its way, and so does its row in the list', async ({ page }) => {
  await signIn(page)
  const { id } = await run(page, 'coverage', { circle: CIRCLE })
  const { features } = (await (await page.request.get(`/api/runs/${id}/demand`)).json()) as {
    features: { geometry: { coordinates: [number, number] }; properties: { name: string; distance_m: number; covered: boolean } }[]
  }
  const home = features.find(({ properties }) => properties.covered && properties.distance_m > 500)
  if (!home) throw new Error('the demo has no such home')
  const [longitude, latitude] = home.geometry.coordinates
  await open(page, `?map=15/${latitude}/${longitude}&tab=coverage`)
  await expect(page.locator('[data-weight=people] strong')).toBeVisible({ timeout: 60_000 })
  const note = page.locator('.route')
  await expect(note).toHaveAttribute('data-drawn', 'false')
  const before = await routePoints(page)
  const box = await page.locator('.map-canvas canvas').boundingBox()
  if (!box) throw new Error('no map')
  await expect(async () => {
    await page.mouse.move(box.x + box.width / 2 + 40, box.y + box.height / 2 + 90)
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await expect(note).toContainText(home.properties.name, { timeout: 2000 })
  }).toPass({ timeout: 30_000 })
  await expect(note).toHaveAttribute('data-drawn', 'true')
  await expect(note).toContainText(Math.round(home.properties.distance_m).toLocaleString('zh-CN'))
  await expect.poll(() => routePoints(page)).toBeGreaterThan(before + 100)

  const list = page.getByRole('region', { name: '圈外名单' })
  await list.locator('summary').first().focus()
  await page.keyboard.press('Enter')
  const row = list.getByRole('button').first()
  const name = await row.locator('span').first().innerText()
  await row.focus()
  await page.keyboard.press('Enter')
  await expect(note).toContainText(name)
  await expect(note).toHaveAttribute('data-drawn', 'true')
})

test('opening the overpass shows at once who benefits', async ({ page }) => {
  await signIn(page)
  await open(page, '?tab=scenarios')
  await newScenario(page, '立交桥通车')
  await page.getByLabel(/跨铁立交桥/).check()
  await expect(page.locator('[data-gained=people]')).not.toHaveText('0', { timeout: 60_000 })
  const made = await scenarioNamed(page, '立交桥通车')
  expect(made?.changes.map(({ kind }) => kind)).toEqual(['open_road'])
  const [today, then] = [await run(page, 'coverage', { circle: CIRCLE }), await run(page, 'coverage', { circle: CIRCLE, scenario: made?.id })]
  const { gained, lost } = (await (await page.request.get(`/api/runs/${today.id}/compare/${then.id}`)).json()) as Record<'gained' | 'lost', Record<string, number>>
  for (const weight of ['people', 'dwellings', 'buildings']) {
    await expect(page.locator(`[data-gained=${weight}]`)).toHaveText((gained[weight] ?? -1).toLocaleString('zh-CN'))
    await expect(page.locator(`[data-lost=${weight}]`)).toHaveText((lost[weight] ?? -1).toLocaleString('zh-CN'))
  }
  await page.getByRole('button', { name: '在地图上看' }).click()
  await expectAddress(page, /map=1[4-7]/)
  await page.getByLabel(/跨铁立交桥/).uncheck()
  await expect(page.getByText('没有人进圈，也没有人出圈。')).toBeVisible({ timeout: 60_000 })
})

test('a proposal is accepted into a scenario, and a facility is placed with a click', async ({ page }) => {
  await signIn(page)
  await open(page, '?tab=scenarios')
  await newScenario(page, '净地健身')
  await page.getByLabel('新建几处').fill('2')
  await page.getByRole('button', { name: '求解' }).click()
  await expect(page.locator('.proposal')).toHaveAttribute('data-optimal', 'true', { timeout: 60_000 })
  const made = await scenarioNamed(page, '净地健身')
  const asked = await run(page, 'siting', { circle: CIRCLE, model: 'mclp', sites: 2, candidates: 'cleared_parcels', scenario: made?.id })
  await page.getByRole('button', { name: '采纳到“净地健身”' }).click()
  await expect.poll(async () => (await scenarioNamed(page, '净地健身'))?.changes.map(({ uid }) => uid).sort()).toEqual(asked.summary.siting.sites.map(({ uid }) => uid).sort())
  await expect(page.locator('[data-gained=people]')).not.toHaveText('0', { timeout: 60_000 })

  await page.getByRole('button', { name: /在地图上新设/ }).click()
  const box = await page.locator('.map-canvas canvas').boundingBox()
  if (!box) throw new Error('no map')
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
  const district = (await (await page.request.get('/-/layers')).json()) as { district: { bounds: [number, number, number, number] } }
  const [west, south, east, north] = district.district.bounds
  await expect.poll(async () => (await scenarioNamed(page, '净地健身'))?.changes.find(({ kind }) => kind === 'add_facility') !== undefined).toBe(true)
  const placed = (await scenarioNamed(page, '净地健身'))?.changes.find(({ kind }) => kind === 'add_facility')
  expect(Math.abs((placed?.lon ?? 0) - (west + east) / 2)).toBeLessThan((east - west) / 10)
  expect(Math.abs((placed?.lat ?? 0) - (south + north) / 2)).toBeLessThan((north - south) / 10)
  await page.getByRole('button', { name: /撤销：新设/ }).click()
  await expect.poll(async () => (await scenarioNamed(page, '净地健身'))?.changes.length).toBe(2)
})

test('whoever is not signed in sees what was asked before, without what is withheld', async ({ page }) => {
  await signIn(page)
  const asked = await run(page, 'coverage', { circle: CIRCLE })
  await page.context().clearCookies()
  const told = (await (await page.request.get(`/api/runs/${asked.id}`)).json()) as { summary: { withheld: string[] } }
  expect(told.summary.withheld).toContain('people')
  await open(page, '?tab=coverage')
  await expectShare(page, 'buildings', asked.summary.buildings.share)
  await expect(page.locator('[data-weight=people]')).toHaveAttribute('data-share', '')
  await expect(page.locator('[data-weight=people]')).toContainText('登录后可见')
  await page.getByLabel('圈', { exact: true }).selectOption('living_15min_culture')
  await expect(page.getByText('这个圈还没有算过')).toBeVisible()
  await page.getByRole('tab', { name: '方案' }).click()
  await expect(page.getByText('方案供登录的人使用')).toBeVisible()
})

for (const [tab, button] of [['coverage', '覆盖'], ['scenarios', '方案']] as const) {
  for (const [width, height] of [[1440, 900], [390, 844]] as const) {
    test(`${tab} at ${width} px fits and passes axe in both languages`, async ({ page }) => {
      await signIn(page)
      await page.setViewportSize({ width, height })
      await open(page, `?tab=${tab}`)
      if (width < 860) await expect(page.getByRole('navigation', { name: '面板' }).getByRole('button', { name: button })).toHaveAttribute('aria-pressed', 'true')
      const ready = tab === 'coverage' ? page.locator('.bars canvas') : page.getByRole('button', { name: '求解' })
      await expect(ready).toBeVisible({ timeout: 60_000 })
      for (const language of ['zh', 'en']) {
        if (language === 'en') await page.getByRole('button', { name: /切换为英文/ }).click()
        const { violations } = await new AxeBuilder({ page }).include('.side.right, .app').analyze()
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      }
      const words = await page.locator('.side.right').innerText()
      expect(words).not.toMatch(/\b(coverage|scenarios)\.[a-z]/)
    })
  }
}
