/** What goes wrong around a phone, made to happen: its clock, its disk, and an office that changes its forms. */
import type { Browser, CDPSession, Page } from '@playwright/test'
import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LAYER } from './ledger'
import { expect } from './page'
import { env, python, root } from './python.mjs'
import { run } from './server'

/** A clock of the phone's own, which a test can set. */
export function ownClock(): void {
  const shift = Number(localStorage.getItem('shift') ?? 0)
  const Real = Date
  const now = () => Real.now() + shift
  globalThis.Date = new Proxy(Real, {
    construct: (target, given) => Reflect.construct(target, given.length ? given : [now()]) as Date,
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  })
}

/** Let the camera give a picture that shows nothing but noise, which no compression makes small. */
export async function shoot(page: Page, side: number): Promise<void> {
  await page.locator('.camera input').evaluate(async (camera: HTMLInputElement, size) => {
    const canvas = new OffscreenCanvas(size, size)
    const drawing = canvas.getContext('2d')
    const noise = new ImageData(size, size)
    for (let start = 0; start < noise.data.length; start += 65_536) crypto.getRandomValues(noise.data.subarray(start, start + 65_536))
    for (let alpha = 3; alpha < noise.data.length; alpha += 4) noise.data[alpha] = 255
    drawing?.putImageData(noise, 0, 0)
    const files = new DataTransfer()
    files.items.add(new File([await canvas.convertToBlob({ type: 'image/jpeg' })], 'photo.jpg', { type: 'image/jpeg' }))
    camera.files = files.files
    camera.dispatchEvent(new Event('change'))
  }, side)
}

/** Say no, as a person does to the browser's question. */
export async function deny(browser: Browser, tools: CDPSession, origin: string, names: readonly string[]): Promise<void> {
  const { targetInfo } = await tools.send('Target.getTargetInfo')
  const leave = await browser.newBrowserCDPSession()
  for (const name of names) {
    await leave.send('Browser.setPermission', { permission: { name }, setting: 'denied', origin, browserContextId: targetInfo.browserContextId })
  }
}

/** The worker behind the pages of an origin, to be woken as the browser does once there is signal. */
export async function worker(tools: CDPSession, origin: string): Promise<(tag: string) => Promise<void>> {
  const registered = new Promise<string>((resolve) => {
    tools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      for (const { registrationId, scopeURL, isDeleted } of registrations) if (scopeURL.startsWith(origin) && !isDeleted) resolve(registrationId)
    })
  })
  await tools.send('ServiceWorker.enable')
  const registrationId = await registered
  return async (tag) => void (await tools.send('ServiceWorker.dispatchSyncEvent', { origin, registrationId, tag, lastChance: false }))
}

export interface Recorded {
  kind: string
  payload: Record<string, unknown>
  valid_at: string
  recorded_at: string
  place: unknown
}

/** What stands in the ledger of a parcel, as the phone's own account sees it. */
export async function recordedOf(page: Page, uid: string, text: string): Promise<Recorded[]> {
  const answer = await page.request.get(`/api/layers/${LAYER}/features/${uid}/events`)
  expect(answer.ok(), await answer.text()).toBe(true)
  const { events } = (await answer.json()) as { events: Recorded[] }
  return events.filter(({ payload }) => JSON.stringify(payload).includes(text))
}

/** The same district served with a form that no longer asks for the cleared area. */
const CHANGED = `
import sys
from pathlib import Path
import uvicorn
from api.main import create_app
from api.settings import Settings
from yzgeo.catalogue import load
from yzgeo.workflows.workspace import open_workspace
workspace, layers, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
app = create_app(Settings(workspace=workspace), open_workspace(workspace, catalogue=load(layers)).store)
uvicorn.run(app, port=port, log_level="warning")
`

/** Start a server on another port; the caller ends it. */
export async function changeForms(port: number): Promise<ChildProcess> {
  const layers = join(run(), 'layers')
  cpSync(join(root, 'layers'), layers, { recursive: true })
  const table = join(layers, LAYER, 'stages.yaml')
  const shorter = readFileSync(table, 'utf8').replace(/^.*field: cleared_m2.*\n/m, '')
  expect(shorter).not.toContain('cleared_m2')
  writeFileSync(table, shorter)
  const server = spawn(python, ['-c', CHANGED, join(run(), 'workspace'), layers, String(port)], { cwd: root, env, stdio: 'ignore' })
  const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok
  await expect.poll(ready, { timeout: 120_000, intervals: [100] }).toBe(true)
  return server
}
