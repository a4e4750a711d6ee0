/**
 * A day in the field: 200 records with 60 photos written without signal, then sent over a network that cuts, delays,
 * repeats and breaks, by a page that is reloaded, to a server that is killed twice while it writes.
 *
 * E2E_FIELD_SEED plays another day.
 */
import { Network } from './field-network'
import { download, NETWORK_PORT, Office, onDisk, PHONE, signIn, status, waiting, write, yzgeo, type Written } from './field-phone'
import { expect, test } from './page'

const EVENTS = 200
const PHOTOS = 60
const MOVES = 10
const SEED = Number(process.env.E2E_FIELD_SEED ?? 20240630)

test.use({ ...PHONE, baseURL: `http://127.0.0.1:${NETWORK_PORT}` })

interface Recorded {
  id: string
  kind: string
  uid: string
  payload: { text?: string; evidence?: string[]; attachment?: string }
}

let office: Office
let network: Network
let password: string

test.beforeAll(async () => {
  test.setTimeout(240_000)
  office = new Office('field')
  password = office.person('phone')
  await office.open()
  network = new Network(office.port, SEED)
  await network.open(NETWORK_PORT)
})
test.afterAll(async () => {
  network?.close()
  await office?.kill()
})

test('a day written without signal reaches the office exactly once, whatever the network and the server do', async ({ page, context }) => {
  test.setTimeout(300_000)
  await page.goto('/field')
  await signIn(page, 'phone', password)
  await download(page)
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  const codes = await page.locator('.row b').allInnerTexts()
  expect(codes.length).toBeGreaterThan(20)
  const before = new Set((await ledger()).map(({ id }) => id))

  await context.setOffline(true)
  await page.reload()
  await expect(status(page)).toContainText('离线')
  await expect(page.locator('.row').first()).toBeVisible()
  const day = Array.from({ length: EVENTS }, (_, number): Written => {
    const code = codes[number % codes.length] as string
    return number < PHOTOS ? { code, photo: number, move: number < MOVES } : { code, note: `外业 ${number}` }
  })
  await write(page, day.slice(0, EVENTS / 2))
  await page.reload()
  await write(page, day.slice(EVENTS / 2))
  await expect(status(page)).toContainText(`待传 ${EVENTS}`)
  await expect(status(page)).toContainText(`照片 0 / ${PHOTOS}`)
  const { items, blobs } = await onDisk(page)
  const written = items.filter(({ type }) => type === 'event').sort((one, other) => one.order - other.order)
  expect(written).toHaveLength(EVENTS)
  expect(blobs).toHaveLength(PHOTOS)
  expect(written.filter(({ kind }) => kind === 'transition').length).toBeGreaterThan(0)

  let killed: Promise<void> | undefined
  const start = network.carried
  network.underway = (carried) => {
    // While the server works on a request, and not between two.
    if (carried === start + 60 || carried === start + 200) killed = new Promise<void>((resolve) => setTimeout(resolve, 10)).then(() => office.kill())
  }
  network.share = 0.2
  await context.setOffline(false)
  for (const reloaded of [true, false]) {
    await expect.poll(() => killed !== undefined, { timeout: 60_000, intervals: [50] }).toBe(true)
    await killed
    killed = undefined
    if (reloaded) await page.reload()
    await expect(status(page)).toContainText('离线')
    await office.open()
  }
  await expect.poll(() => waiting(page), { timeout: 120_000, intervals: [250] }).toBe(0)
  network.share = 0
  network.underway = () => undefined
  for (const [fault, times] of Object.entries(network.seen)) expect(times, fault).toBeGreaterThan(2)

  await status(page).click()
  await expect(page.getByText('全部已上传并收到回执。')).toBeVisible()
  expect(await onDisk(page)).toEqual({ items: [], blobs: [] })
  const told = (await ledger()).filter(({ id }) => !before.has(id))
  expect(told.map(({ id }) => id).sort()).toEqual(written.map(({ id }) => id).sort())
  for (const { id, kind, uid, payload } of written) expect(told.find((each) => each.id === id)).toMatchObject({ kind, uid, payload })

  // Every photo hangs on the very record it was taken for: the picture says which, and its bytes hash to its name.
  const named = told.flatMap(({ id, payload }) => {
    const number = written.findIndex((each) => each.id === id)
    return [...(payload.evidence ?? []), ...(payload.attachment ? [payload.attachment] : [])].map((sha256) => ({ sha256, number }))
  })
  expect(new Set(named.map(({ sha256 }) => sha256)).size).toBe(PHOTOS)
  expect(named).toHaveLength(PHOTOS)
  const shown = await page.evaluate(async (all) => {
    const read = async ({ sha256, number }: { sha256: string; number: number }) => {
      const blob = await (await fetch(`/api/attachments/${sha256}`)).blob()
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()))
      const picture = await createImageBitmap(blob)
      const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d', { willReadFrequently: true })
      context?.drawImage(picture, 0, 0)
      let shows = 0
      for (let bit = 0; bit < 8; bit++) if ((context?.getImageData(bit * 40 + 20, 120, 1, 1).data[0] ?? 0) > 127) shows |= 1 << bit
      return { sha256, number, hash: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''), shows }
    }
    return Promise.all(all.map(read))
  }, named)
  for (const { sha256, number, hash, shows } of shown) expect([hash, shows]).toEqual([sha256, number])
  yzgeo('ledger', 'verify', '--workspace', office.workspace)

  async function ledger(): Promise<Recorded[]> {
    const answer = await page.request.get(`http://127.0.0.1:${office.port}/api/events?limit=500`)
    expect(answer.ok(), await answer.text()).toBe(true)
    return ((await answer.json()) as { events: Recorded[] }).events
  }
})
