/** The real server that the tests ask, on a copy of a demo workspace that they may change. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const PORT = Number(process.env.E2E_PORT ?? 8467)

export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Make the folder of this run once; workers inherit its name. */
export function prepareRun(): void {
  process.env.E2E_RUN ??= mkdtempSync(join(tmpdir(), 'yzgeo-e2e-'))
}

export function run(): string {
  const folder = process.env.E2E_RUN
  if (!folder) throw new Error('the run has no folder yet')
  return folder
}

/** The account that the starter made, with a password nobody wrote down. */
export function account(): { name: string; password: string } {
  return JSON.parse(readFileSync(join(run(), 'account.json'), 'utf8')) as { name: string; password: string }
}
