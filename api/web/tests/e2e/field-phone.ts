/** A person with a phone: a district of their own to write into, and hands that are quicker than a test's clicks. */
import type { Page } from '@playwright/test'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from './page'
import { env, python, root } from './python.mjs'
import { PORT, run } from './server'

export const NETWORK_PORT = PORT + 8
export const STREET = '211202003'
export const SIZES = [{ width: 360, height: 740 }, { width: 390, height: 844 }]
export const PHONE = {
  viewport: SIZES[1],
  hasTouch: true,
  isMobile: true,
  locale: 'zh-CN',
  permissions: ['geolocation', 'camera'],
  geolocation: { latitude: 42.29, longitude: 123.84, accuracy: 8 },
}

export function yzgeo(...options: string[]): string {
  return execFileSync(python, ['-m', 'yzgeo', ...options], { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** A server that a test may kill, on a copy of the district. */
export class Office {
  readonly workspace: string
  readonly port: number
  #process: ChildProcess | undefined

  constructor(name: string, port = PORT + 7) {
    this.workspace = join(run(), name)
    this.port = port
    if (existsSync(this.workspace)) return
    const file = `${this.workspace}.backup`
    yzgeo('backup', file, '--json', '--workspace', join(run(), 'workspace'))
    yzgeo('restore', file, this.workspace, '--json')
  }

  /** Make an account of the field; its password. */
  person(name: string): string {
    const told = yzgeo('user', 'add', name, '--role', 'field', '--subdistrict', STREET, '--generate', '--json', '--workspace', this.workspace)
    return (JSON.parse(told) as { password: string }).password
  }

  async open(): Promise<void> {
    this.#process = spawn(python, ['-m', 'yzgeo', 'serve', '--workspace', this.workspace, '--port', String(this.port)], { cwd: root, env, stdio: 'ignore' })
    const ready = async () => (await fetch(`http://127.0.0.1:${this.port}/readyz`).catch(() => undefined))?.ok
    await expect.poll(ready, { timeout: 120_000, intervals: [100] }).toBe(true)
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    const process = this.#process
    if (process?.exitCode !== null || process.signalCode) return
    const gone = new Promise((resolve) => process.once('exit', resolve))
    process.kill('SIGKILL')
    await gone
  }
}

export async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('账号').fill(name)
  await page.getByLabel('密码').fill(password)
  await page.getByRole('button', { name: '登录', exact: true }).click()
}

export async function download(page: Page): Promise<void> {
  await expect(page.getByText(/个项目，约 .*(kB|MB)/)).toBeVisible()
  await page.getByRole('button', { name: '下载本街道数据' }).click()
  await expect(page.locator('.row').first()).toBeVisible()
}

export function status(page: Page) {
  return page.locator('.status')
}

/** Number of entries that wait, by the status line. */
export async function waiting(page: Page): Promise<number> {
  const text = await status(page).textContent({ timeout: 1_000 }).catch(() => '')
  return Number(/待传 (\d+)/.exec(text ?? '')?.[1] ?? NaN)
}

export interface Written {
  code: string
  /** Number that a photo shows, if one is to be taken. */
  photo?: number
  move?: boolean
  measure?: boolean
  note?: string
}

/** Fill forms of the page and save them, with the page's own fields and buttons, as fast as they answer. */
export async function write(page: Page, all: readonly Written[]): Promise<void> {
  await page.evaluate(async (wanted) => {
    async function until<T>(look: () => T | null | undefined | false, what: string): Promise<T> {
      for (const end = performance.now() + 10_000; performance.now() < end; ) {
        const found = look()
        if (found) return found
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      throw new Error(`no ${what}: ${document.querySelector('main')?.textContent?.slice(0, 300)}`)
    }
    function type(element: HTMLInputElement | HTMLTextAreaElement, text: string): void {
      element.value = text
      element.dispatchEvent(new Event('input', { bubbles: true }))
    }
    /** Bars of eight: white where the number has a one. */
    async function picture(number: number): Promise<File> {
      const canvas = new OffscreenCanvas(320, 240)
      const context = canvas.getContext('2d')
      for (let bit = 0; context && bit < 8; bit++) {
        context.fillStyle = number & (1 << bit) ? '#fff' : '#000'
        context.fillRect(bit * 40, 0, 40, 240)
      }
      return new File([await canvas.convertToBlob({ type: 'image/jpeg' })], 'photo.jpg', { type: 'image/jpeg' })
    }
    async function shoot(form: HTMLFormElement, number: number): Promise<void> {
      const files = new DataTransfer()
      files.items.add(await picture(number))
      const camera = form.querySelector('input[type=file]') as HTMLInputElement
      camera.files = files.files
      camera.dispatchEvent(new Event('change'))
      await until(() => form.querySelector('.photos img'), 'photo')
    }
    /** The first move that needs no second person. */
    function choose(form: HTMLFormElement): void {
      const moves = [...form.querySelectorAll<HTMLInputElement>('input[type=radio]')]
      moves.find(({ value, parentElement }) => value && !parentElement?.textContent?.includes('审批'))?.click()
    }
    function count(form: HTMLFormElement): void {
      for (const input of form.querySelectorAll<HTMLInputElement>('input[inputmode=decimal]')) {
        type(input, /已报 (\d+(?:\.\d+)?)/.exec(input.parentElement?.textContent ?? '')?.[1] ?? '0')
      }
    }
    for (const { code, photo, move, measure, note } of wanted) {
      type(await until(() => document.querySelector<HTMLInputElement>('input[type=search]'), 'list'), code)
      const row = await until(() => [...document.querySelectorAll<HTMLElement>('.row')].find((each) => each.querySelector('b')?.textContent === code), code)
      row.click()
      const form = await until(() => document.querySelector('form'), 'form')
      if (move) choose(form)
      if (photo !== undefined) await shoot(form, photo)
      if (measure) count(form)
      if (note) type(form.querySelector('textarea') as HTMLTextAreaElement, note)
      const save = await until(() => form.querySelector<HTMLButtonElement>('button[type=submit]:not(:disabled)'), 'button to save')
      save.click()
      await until(() => document.querySelector('input[type=search]'), 'list again')
    }
  }, all)
}

export interface Kept {
  id: string
  type: 'event' | 'photo'
  order: number
  status: string
  kind: string
  uid: string
  payload: Record<string, unknown>
  photos: string[]
}

/** What the phone's own disk holds, asked beside the page. */
export function onDisk(page: Page): Promise<{ items: Kept[]; blobs: string[] }> {
  return page.evaluate(async () => {
    const open = indexedDB.open('yzgeo-field')
    await new Promise((resolve, reject) => ((open.onsuccess = resolve), (open.onerror = reject)))
    const read = async (store: string, keys: boolean): Promise<unknown[]> => {
      const objects = open.result.transaction(store).objectStore(store)
      const asked = keys ? objects.getAllKeys() : objects.getAll()
      await new Promise((resolve) => (asked.onsuccess = resolve))
      return asked.result as unknown[]
    }
    const held = { items: (await read('items', false)) as Kept[], blobs: (await read('blobs', true)) as string[] }
    open.result.close()
    return held
  })
}
