/** The phone's map on the built page: without signal, with its own position, from a tap or a search to a project. */
import { STREET } from './field-phone'
import { accountOf, seriousFaults } from './ledger'
import { expect, test } from './page'
import { coloursIn, phone } from './phone'

test('the map opens without signal, shows where the projects stand and oneself, and leads to a project', async ({ browser, baseURL }) => {
  const [context, page] = await phone(browser, baseURL, accountOf('e2e-field', 'field', STREET))
  const kept = await page.evaluate(async () => {
    const urls = (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)))).flat()
    return urls.filter((url) => /maplibre|FieldMap/.test(url)).map((url) => url.replace(/.*\/assets\//, '').replace(/-[\w-]{8}\./, '.')).sort()
  })
  for (const part of ['FieldMap.js', 'maplibre-gl-worker.js', 'maplibre.css', 'maplibre.js']) expect(kept).toContain(part)
  await expect(page.locator('.list > li').first()).toBeVisible()

  // Nothing is asked of the network from here on, and the page starts anew.
  await context.setOffline(true)
  await page.goto('/field?map')
  const map = page.locator('.field-map')
  await expect(map).toHaveAttribute('data-painted', 'true')
  expect(await coloursIn(page, '.field-map .canvas canvas')).toBeGreaterThan(50)
  const held = await page.evaluate(
    () =>
      new Promise<{ layer: string; uid: string; code: string; stage: string; geometry: unknown }[]>((resolve, reject) => {
        const opening = indexedDB.open('yzgeo-field')
        opening.onerror = () => reject(opening.error)
        opening.onsuccess = () => {
          const asked = opening.result.transaction('features').objectStore('features').getAll()
          asked.onsuccess = () => resolve(asked.result)
        }
      }),
  )
  const parcels = held.filter(({ layer }) => layer === 'shantytown_parcel')
  const parcel = parcels.find(({ code }) => code)
  if (!parcel) throw new Error('the phone holds no parcel')
  const legend = map.getByRole('list', { name: '图例' })
  await map.getByLabel('图层').selectOption('shantytown_parcel')
  for (const [stage, label] of [['signing', '签约'], ['demolished', '拆除'], ['cleared', '净地']]) {
    await expect(legend.getByRole('listitem').filter({ hasText: label })).toContainText(String(parcels.filter((each) => each.stage === stage).length))
  }
  for (const button of await map.getByRole('button').all()) {
    const box = await button.boundingBox()
    expect(Math.min(box?.width ?? 0, box?.height ?? 0), await button.innerHTML()).toBeGreaterThanOrEqual(44)
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  expect(await seriousFaults(page)).toEqual([])

  // Oneself in the middle, in the colour that nothing else has there.
  await map.getByRole('button', { name: '定位到我' }).click()
  await expect.poll(() => coloursIn(page, '.field-map .canvas canvas', [11, 87, 208])).toBeGreaterThan(60)

  await map.getByRole('searchbox').fill(parcel.code)
  await map.getByRole('searchbox').press('Enter')
  await expect(map.getByRole('status').getByRole('button').first()).toContainText(parcel.code)
  // A finger on the place that was zoomed to: the middle of what the margins leave.
  const canvas = await map.locator('.canvas').boundingBox()
  if (!canvas) throw new Error('no map')
  await page.waitForTimeout(300)
  await page.touchscreen.tap(canvas.x + (48 + canvas.width - 64) / 2, canvas.y + (72 + canvas.height - 120) / 2)
  await expect(page).toHaveURL(new RegExp(`feature=shantytown_parcel/${parcel.uid}`))
  await expect(page.getByRole('article')).toContainText(parcel.code)
  await page.getByRole('button', { name: '返回' }).click()
  await expect(map).toHaveAttribute('data-painted', 'true')
  await page.getByRole('button', { name: 'EN', exact: true }).click()
  await expect(page.getByRole('region', { name: 'Map of the projects' })).toBeVisible()
  await context.close()
})
