import { defineConfig } from '@playwright/test'
import { CHROMIUM_FLAGS, PORT, prepareRun, run } from './tests/e2e/server'

prepareRun()

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: 'test-results',
  // Two cores and a software renderer: one browser at a time is quicker than two that wait for each other.
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  forbidOnly: Boolean(process.env.CI),
  retries: process.env.CI ? 1 : 0,
  reporter: [['list']],
  use: {
    baseURL: `http://127.0.0.1:${PORT}`,
    viewport: { width: 1440, height: 900 },
    launchOptions: { executablePath: process.env.E2E_CHROMIUM ?? '/usr/bin/chromium', args: CHROMIUM_FLAGS },
    trace: 'off',
    screenshot: 'only-on-failure',
  },
  webServer: {
    command: `node tests/e2e/start.mjs "${run()}" ${PORT}`,
    url: `http://127.0.0.1:${PORT}/readyz`,
    timeout: 180_000,
    reuseExistingServer: false,
    stdout: 'pipe',
    gracefulShutdown: { signal: 'SIGTERM', timeout: 5_000 },
  },
})
