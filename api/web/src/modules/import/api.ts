/** The calls of the import desk. */
import type { Geometry } from 'geojson'
import { ask, OfflineError, RefusedError, type Problem } from '@/client'
import type { Import, ImportChange, ImportPreview, ImportUndone } from './types'

const IMPORTS = '/api/imports'

function path(id: string, rest = ''): string {
  return `${IMPORTS}/${encodeURIComponent(id)}${rest}`
}

export async function listImports(limit: number): Promise<Import[]> {
  return (await ask<{ imports: Import[] }>(`${IMPORTS}?limit=${limit}`)).imports
}

export function fetchImport(id: string): Promise<Import> {
  return ask(path(id))
}

export function fetchPreview(id: string): Promise<ImportPreview> {
  return ask(path(id, '/preview'))
}

export function changeImport(id: string, change: ImportChange): Promise<Import> {
  return ask(path(id), { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify(change) })
}

export function confirmImport(id: string): Promise<Import> {
  return ask(path(id, '/confirm'), { method: 'POST' })
}

export function undoImport(id: string): Promise<ImportUndone> {
  return ask(path(id, '/undo'), { method: 'POST' })
}

/** Drop an import that was not stored. */
export async function dropImport(id: string): Promise<void> {
  await ask<unknown>(path(id), { method: 'DELETE' })
}

/** Outline of the district, in longitude and latitude. */
export async function fetchOutline(): Promise<Geometry[]> {
  const answer = await ask<{ features: { geometry: Geometry | null }[] }>('/ogc/collections/admin_district/items?limit=10')
  return answer.features.flatMap(({ geometry }) => geometry ?? [])
}

/** Send files; `fetch` cannot tell how far an upload is, which a person with 200 MB wants to know. */
export function sendFiles(form: FormData, told: (share: number) => void, signal: AbortSignal): Promise<Import> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', IMPORTS)
    request.responseType = 'text'
    request.upload.onprogress = ({ loaded, total }) => told(total > 0 ? loaded / total : 0)
    request.onerror = () => reject(new OfflineError())
    request.onabort = () => reject(new DOMException('stopped', 'AbortError'))
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as Import)
      else reject(new RefusedError(request.status, problemIn(request)))
    }
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(form)
  })
}

function problemIn(request: XMLHttpRequest): Problem {
  const kind = request.getResponseHeader('content-type') ?? ''
  return kind.includes('json') ? (JSON.parse(request.responseText) as Problem) : {}
}
