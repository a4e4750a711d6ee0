/** What several tests need: a page that watches its own requests and errors, and the words to reach its parts. */
import { expect, test as base, type Page } from '@playwright/test'

export interface Watch {
  foreign: string[]
  errors: string[]
}

export const test = base.extend<{ watch: Watch }>({
  /** Every test fails if the page asks another machine or throws; `watch` lets one test look closer. */
  watch: [
    async ({ page, baseURL }, use) => {
      const watch: Watch = { foreign: [], errors: [] }
      page.context().on('request', (request) => {
        const url = request.url()
        if (!url.startsWith(`${baseURL}/`) && !/^(data|blob):/.test(url)) watch.foreign.push(url)
      })
      page.on('pageerror', (error) => watch.errors.push(String(error)))
      await use(watch)
      expect(watch.foreign, 'requests to other machines').toEqual([])
      expect(watch.errors, 'errors in the page').toEqual([])
    },
    { auto: true },
  ],
})

export { expect }

export async function open(page: Page, query = ''): Promise<void> {
  await page.goto(`/${query}`)
  await painted(page)
}

export async function painted(page: Page): Promise<void> {
  await expect(page.locator('.map[data-painted=true]')).toBeVisible({ timeout: 60_000 })
}

/** Wait until the address holds, or no longer holds, a piece of text. */
export async function expectAddress(page: Page, piece: string | RegExp): Promise<void> {
  await expect.poll(() => decodeURIComponent(new URL(page.url()).search)).toMatch(piece)
}

/** Number of different colours in a picture of the map, which a blank map has one of. */
export async function coloursOfMap(page: Page): Promise<number> {
  const picture = await page.locator('.map-canvas canvas').screenshot()
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
    const context = canvas.getContext('2d')
    if (!context) throw new Error('no 2D canvas')
    context.drawImage(bitmap, 0, 0)
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height)
    return new Set(new Uint32Array(data.buffer)).size
  }, picture.toString('base64'))
}

export function layerBox(page: Page, name: string) {
  return page.getByRole('checkbox', { name, exact: true })
}
