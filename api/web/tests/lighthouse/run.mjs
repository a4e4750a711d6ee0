/**
 * Lighthouse on the built phone page: `make lighthouse`. Ends with an error below full marks.
 *
 * Of version 11, the last that marks pages as apps; in a folder of its own, since nothing else needs its 160 packages.
 * YZGEO_E2E_WORKSPACE names a demo workspace to copy; without it one is generated.
 */
import { launch } from 'chrome-launcher'
import lighthouse from 'lighthouse'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const PORT = Number(process.env.E2E_PORT ?? 8461)
const CATEGORIES = ['pwa', 'accessibility', 'best-practices']
const address = `http://127.0.0.1:${PORT}`
const folder = mkdtempSync(join(tmpdir(), 'yzgeo-lighthouse-'))
const server = spawn('node', [join(import.meta.dirname, '../e2e/start.mjs'), folder, String(PORT)], { stdio: 'inherit' })
const chrome = await launch({ chromePath: process.env.E2E_CHROMIUM ?? '/usr/bin/chromium', chromeFlags: ['--headless=new', '--no-sandbox', '--disable-quic'] })
try {
  while (!(await fetch(`${address}/readyz`).catch(() => undefined))?.ok) {
    if (server.exitCode !== null) throw new Error('the server has ended')
    await pause(200)
  }
  const { lhr } = await lighthouse(`${address}/field`, { port: chrome.port, onlyCategories: CATEGORIES, logLevel: 'error' })
  if (lhr.runtimeError) throw new Error(lhr.runtimeError.message)
  for (const { id, score, auditRefs } of Object.values(lhr.categories)) {
    process.stdout.write(`${id}: ${Math.round(score * 100)}\n`)
    if (score < 1) process.exitCode = 1
    for (const { title, score: mark, explanation = '' } of auditRefs.map((each) => lhr.audits[each.id])) {
      if (mark !== null && mark < 1) process.stdout.write(`  ${mark} ${title} ${explanation}\n`)
    }
  }
} finally {
  chrome.kill()
  server.kill()
  await once(server, 'exit')
}
