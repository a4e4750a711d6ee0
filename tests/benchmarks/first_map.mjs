// Measures one page load in headless Chromium: milliseconds from navigation to the first painted map.
// Arguments: address of the server, "page" or "bare". The bare page is MapLibre with the same style and nothing else.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const web = fileURLToPath(new URL('../../api/web/', import.meta.url))
const { chromium } = createRequire(`${web}package.json`)('@playwright/test')
const maplibre = `${web}node_modules/maplibre-gl/dist/`
const [server, kind] = process.argv.slice(2)

const BARE = `<!doctype html><link rel="stylesheet" href="/bare/maplibre-gl.css"><div id="map" style="position:fixed;inset:0"></div>
<script type="module">
import * as maplibregl from '/bare/maplibre-gl.mjs'
maplibregl.setWorkerUrl('/bare/maplibre-gl-worker.mjs')
const style = await (await fetch('/ogc/styles/district')).json()
delete style.glyphs
const map = new maplibregl.Map({ container: 'map', style, center: style.center, zoom: style.zoom })
map.once('idle', () => performance.mark('yzgeo-map-painted'))
</script>`

const browser = await chromium.launch({
  executablePath: process.env.E2E_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, bypassCSP: kind === 'bare' })
if (kind === 'bare') { // intercepting slows every request, so the page itself is left alone
  await page.route('**/bare.html', (route) => route.fulfill({ contentType: 'text/html', body: BARE }))
  await page.route('**/bare/*', (route) => {
    const name = new URL(route.request().url()).pathname.split('/').pop()
    const contentType = name.endsWith('.css') ? 'text/css' : 'text/javascript'
    return route.fulfill({ contentType, body: readFileSync(maplibre + name) })
  })
}
await page.goto(kind === 'bare' ? `${server}/bare.html` : server)
const painted = await page.waitForFunction(
  () => performance.getEntriesByName('yzgeo-map-painted')[0]?.startTime, null, { timeout: 60_000 })
process.stdout.write(`${await painted.jsonValue()}\n`)
await browser.close()
