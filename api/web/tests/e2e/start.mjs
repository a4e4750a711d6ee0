/**
 * Start the server for the browser tests: node start.mjs FOLDER PORT.
 *
 * YZGEO_E2E_WORKSPACE names a demo workspace to copy; without it one is generated. The copy is removed at the end.
 */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env, python, root } from './python.mjs'

const [folder, port] = process.argv.slice(2)
const workspace = join(folder, 'workspace')
const yzgeo = (...options) => execFileSync(python, ['-m', 'yzgeo', ...options], { cwd: root, env, encoding: 'utf8' })

if (!existsSync(workspace)) {
  const template = process.env.YZGEO_E2E_WORKSPACE
  if (template) cpSync(template, workspace, { recursive: true })
  else yzgeo('init', workspace, '--demo', '--json')
  writeFileSync(join(folder, 'account.json'), yzgeo('user', 'add', 'planner', '--role', 'planner', '--generate', '--json', '--workspace', workspace))
}

const server = spawn(python, ['-m', 'yzgeo', 'serve', '--workspace', workspace, '--port', port], { cwd: root, env, stdio: 'inherit' })
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => server.kill(signal))
server.on('exit', (code) => {
  if (process.env.E2E_KEEP === undefined) rmSync(folder, { recursive: true, force: true })
  process.exit(code ?? 0)
})
