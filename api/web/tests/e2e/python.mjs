/** How the tests call the product: the checkout's Python, and none of the caller's YZGEO_ settings. */
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../../../..')
export const python = process.env.E2E_PYTHON ?? join(root, '.venv/bin/python')
export const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('YZGEO_')))
