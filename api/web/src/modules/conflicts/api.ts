/** Records of phones that contradict the office's, their decision, and the file of a phone's unsent work. */
import { ask, type Answer } from '@/client'
import type { components } from '@/client/schema'

type Schemas = components['schemas']

export type Conflict = Schemas['ConflictTold']
export type Side = Schemas['ConflictSide']
export type Choice = Schemas['ConflictChoice']
export type Keep = Schemas['DecisionSent']['keep']
export type SyncAnswer = Schemas['SyncAnswer']

/** As many as the server lists at once. */
export const MOST = 500

export async function fetchConflicts(state: Conflict['state'], limit = MOST): Promise<Conflict[]> {
  const { conflicts } = await ask<Answer<'/api/conflicts'>>(`/api/conflicts?state=${state}&limit=${limit}`)
  return conflicts
}

export function fetchConflict(id: string): Promise<Conflict> {
  return ask(`/api/conflicts/${encodeURIComponent(id)}`)
}

/** `revision` is that of the office's side as it was shown: if it has moved on, nothing is decided. */
export function decide(id: string, keep: Keep, reason: string, revision: number): Promise<Conflict> {
  return ask(`/api/conflicts/${encodeURIComponent(id)}/decision`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ keep, reason, office_revision: revision }),
  })
}

export async function sendUnsent(file: File): Promise<SyncAnswer[]> {
  const form = new FormData()
  form.append('file', file)
  const { answers } = await ask<Schemas['SyncPushed']>('/api/sync/unsent', { method: 'POST', body: form })
  return answers
}
