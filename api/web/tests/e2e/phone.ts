/** A phone for the tests: a browser context of its own with touch and a position, and the projects of its account. */
import type { Browser, BrowserContext, Page } from '@playwright/test'
import { download, PHONE, signIn } from './field-phone'
import { expect } from './page'

type Account = { name: string; password: string }

/** A phone that has signed in, holds its projects, and can open without signal; `prepared` before it first opens the page. */
export async function phone(
  browser: Browser, baseURL: string | undefined, { name, password }: Account, prepared?: (page: Page) => Promise<void>,
): Promise<[BrowserContext, Page]> {
  const context = await browser.newContext({ ...PHONE, baseURL, viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.on('pageerror', (error) => expect(String(error)).toBe(''))
  await prepared?.(page)
  await page.goto('/field')
  await signIn(page, name, password)
  await download(page)
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  return [context, page]
}

/** Number of different colours in a picture of the element, or of pixels of one colour. */
export async function coloursIn(page: Page, selector: string, only?: [number, number, number]): Promise<number> {
  const picture = await page.locator(selector).first().screenshot()
  return page.evaluate(
    async ([base64, wanted]) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')
      if (!context) throw new Error('no 2D canvas')
      context.drawImage(bitmap, 0, 0)
      const pixels = new Uint32Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer)
      if (!wanted) return new Set(pixels).size
      const [red = 0, green = 0, blue = 0] = wanted
      return pixels.filter((pixel) => (pixel & 255) === red && ((pixel >> 8) & 255) === green && ((pixel >> 16) & 255) === blue).length
    },
    [picture.toString('base64'), only ?? null] as const,
  )
}
