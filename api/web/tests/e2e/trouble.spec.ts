import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { expect, painted, test } from './page'
import { env, python, root } from './python.mjs'
import { PORT, run } from './server'

const OWN_PORT = PORT + 1

test.use({ baseURL: `http://127.0.0.1:${OWN_PORT}` })

async function serve(): Promise<ChildProcess> {
  const options = ['-m', 'yzgeo', 'serve', '--workspace', join(run(), 'workspace'), '--port', String(OWN_PORT)]
  const server = spawn(python, options, { cwd: root, env, stdio: 'ignore' })
  await expect
    .poll(async () => (await fetch(`http://127.0.0.1:${OWN_PORT}/readyz`).catch(() => null))?.ok ?? false, { timeout: 60_000 })
    .toBe(true)
  return server
}

async function stop(server: ChildProcess): Promise<void> {
  const ended = new Promise((done) => server.once('exit', done))
  server.kill('SIGKILL')
  await ended
}

test('a server that dies is named in words, and read again when it is back', async ({ page }) => {
  let server = await serve()
  try {
    await page.goto('/')
    await painted(page)
    await stop(server)
    await page.getByRole('combobox', { name: '查找编码、名称或社区' }).fill('PH-001')
    await expect(page.getByText('服务器没有应答').first()).toBeVisible()
    await expect(page.getByText('离线', { exact: true })).toBeVisible()
    server = await serve()
    await expect(page.getByText('离线', { exact: true })).toBeHidden()
  } finally {
    await stop(server)
  }
})

test('a feature that is gone, and a server that fails, are told apart', async ({ page }) => {
  const server = await serve()
  try {
    await page.goto('/?feature=shantytown_parcel/00000000-0000-5000-8000-000000000000&tab=feature')
    await expect(page.getByText('没有这个要素。')).toBeVisible()
    await page.route('**/api/targets', (route) => route.fulfill({ status: 500, contentType: 'text/plain', body: 'no' }))
    await page.goto('/')
    await expect(page.getByText('读取失败。')).toBeVisible()
    await page.unroute('**/api/targets')
    await page.getByRole('button', { name: '重试' }).click()
    await expect(page.locator('[data-target]').first()).toBeVisible()
  } finally {
    await stop(server)
  }
})

test('a slow answer says that it is being read, a quick one does not', async ({ page }) => {
  const server = await serve()
  try {
    await page.route('**/api/targets', async (route) => {
      await new Promise((done) => setTimeout(done, 1500))
      await route.continue()
    })
    await page.goto('/')
    await expect(page.getByText('正在读取…')).toBeVisible()
    await expect(page.locator('[data-target]').first()).toBeVisible()
    await expect(page.getByText('正在读取…')).toHaveCount(0)
  } finally {
    await stop(server)
  }
})
