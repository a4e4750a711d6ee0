/** The calls of the page to its own server; paths are relative, so no other machine is ever asked. */
import type { StyleSpecification } from 'maplibre-gl'
import { OfflineError, RefusedError } from './problem'
import type { components } from './schema'
import type { Answer, DistrictFeature, Problem, SearchHit } from './types'

type Credentials = components['schemas']['Credentials']

/** Ask the service for JSON; a refusal or silence is an error that the page has words for. */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new OfflineError({ cause: error })
  }
  if (!response.ok) throw new RefusedError(response.status, await problemOf(response))
  return (response.status === 204 ? undefined : await response.json()) as T
}

async function problemOf(response: Response): Promise<Problem> {
  const kind = response.headers.get('content-type') ?? ''
  return kind.includes('json') ? ((await response.json()) as Problem) : {}
}

function itemsPath(layer: string): string {
  return `/ogc/collections/${encodeURIComponent(layer)}/items`
}

/** Address of one feature, also shown to people as its permanent link. */
export function itemPath(layer: string, uid: string): string {
  return `${itemsPath(layer)}/${encodeURIComponent(uid)}`
}

export function fetchCatalogue(): Promise<Answer<'/-/layers'>> {
  return ask('/-/layers')
}

export function fetchStyle(): Promise<StyleSpecification> {
  return ask('/ogc/styles/district')
}

/** The plan's targets at the end of a day; of today if there is none. */
export function fetchTargets(at: string | null): Promise<Answer<'/api/targets'>> {
  return ask(at ? `/api/targets?${new URLSearchParams({ at })}` : '/api/targets')
}

export async function search(text: string, limit: number, signal: AbortSignal): Promise<SearchHit[]> {
  const query = new URLSearchParams({ q: text, limit: String(limit) })
  const answer = await ask<Answer<'/api/search'>>(`/api/search?${query}`, { signal })
  return answer.results
}

export function fetchFeature(layer: string, uid: string): Promise<DistrictFeature> {
  return ask(itemPath(layer, uid))
}

export function fetchRows(
  layer: string,
  filter: Record<string, string>,
  limit: number,
): Promise<Answer<'/ogc/collections/{layer_id}/items'>> {
  const query = new URLSearchParams({ ...filter, limit: String(limit) })
  return ask(`${itemsPath(layer)}?${query}`)
}

export function fetchAccount(): Promise<Answer<'/api/auth/me'>> {
  return ask('/api/auth/me')
}

export function signIn(credentials: Credentials): Promise<components['schemas']['SignedIn']> {
  return ask('/api/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(credentials),
  })
}

/** Tell of a file that the page makes itself; what cannot be told of is not saved. */
export function tellOfExport(told: components['schemas']['ExportTold']): Promise<void> {
  return ask('/api/exports', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(told),
  })
}

export function signOut(): Promise<Answer<'/api/auth/me'>> {
  return ask('/api/auth/logout', { method: 'POST' })
}
