/** A file of unsent work read again: on the phone it joins the outbox, at the office it is sent for its author. */
import type { Item } from './outbox/machine'
import { call, reasonOf } from './outbox/service'
import type { SyncPushed } from './types'

interface Unsent {
  items: Item[]
  blobs: Map<string, Blob>
}

const OFFICE = ['planner', 'bureau', 'admin']

/** Throws if it is not such a file. */
export async function readUnsent(file: Blob): Promise<Unsent> {
  const content = JSON.parse(await file.text()) as { format?: string; version?: number; items?: Item[]; photos?: Record<string, string> }
  if (content.format !== 'yzgeo-unsent' || content.version !== 1 || !Array.isArray(content.items)) throw new SyntaxError('not a file of unsent work')
  const blobs = new Map(Object.entries(content.photos ?? {}).map(([id, text]) => [id, new Blob([bytesOf(text)], { type: 'image/jpeg' })]))
  const items = content.items
    .filter((item) => item.type === 'event' || blobs.has(item.id))
    .map((item): Item => ({ ...item, status: item.status === 'kept' ? 'kept' : 'waiting', tries: 0, notBefore: 0, reason: undefined }))
  return { items, blobs }
}

export function sendsForOthers(role: string): boolean {
  return OFFICE.includes(role)
}

/** What became of the records of a file that the office sends for its author. */
export async function sendUnsent(file: Blob): Promise<{ sent: number; refused: number }> {
  const body = new FormData()
  body.append('file', file, 'yzgeo-unsent.json')
  const response = await call('/api/sync/unsent', { method: 'POST', body })
  if (!response.ok) throw new Error(reasonOf(await response.json().catch(() => null)).zh || `status ${response.status}`)
  const { answers } = (await response.json()) as SyncPushed
  return { sent: answers.length, refused: answers.filter(({ outcome }) => outcome === 'refused' || outcome === 'conflict').length }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
}
