/** The way to the service. Only what it says about a record itself is an answer; everything else is tried again. */
import type { Problem } from '@/client'
import type { SyncPushed } from '../types'
import type { Outcome, Photo, Reason, Receipt } from './machine'
import { SignedOut, type Answer, type Transport } from './sender'

const HEADERS = { 'x-requested-with': 'field' }
const PATIENCE_MS = 30_000
/** Statuses by which the service refuses a photo for what it is; others pass. */
const PHOTO_REFUSED = [400, 413, 422]

export function reasonOf(problem: Problem | null | undefined): Reason {
  const issues = (problem as { issues?: { message?: string; message_en?: string; zh?: string; en?: string }[] } | null)?.issues ?? []
  const zh = issues.map((issue) => issue.message ?? issue.zh).filter(Boolean).join('；')
  const en = issues.map((issue) => issue.message_en ?? issue.en).filter(Boolean).join('; ')
  return { code: problem?.code ?? 'unknown', zh: zh || (problem?.detail ?? ''), en: en || (problem?.detail_en ?? '') }
}

export async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, { ...init, headers: { ...HEADERS, ...init.headers }, signal: AbortSignal.timeout(PATIENCE_MS), cache: 'no-store' })
  if (response.status === 401 || response.status === 403) throw new SignedOut(`status ${response.status}`)
  return response
}

export function openTransport(blobOf: (id: string) => Promise<Blob | undefined>, heard: (serverTime: string) => void): Transport {
  return {
    async photo(photo: Photo) {
      const blob = await blobOf(photo.id)
      if (!blob) return { reason: { code: 'photo_lost', zh: '手机上找不到这张照片', en: 'the photo is not on this phone any more' } }
      const body = new FormData()
      body.append('file', blob, `${photo.id}.jpg`)
      const response = await call('/api/attachments', { method: 'POST', body })
      if (PHOTO_REFUSED.includes(response.status)) return { reason: reasonOf((await response.json()) as Problem) }
      if (!response.ok) throw new Error(`status ${response.status}`)
      const kept = (await response.json()) as { sha256?: string }
      if (!kept.sha256) throw new Error('no receipt')
      return { sha256: kept.sha256 }
    },
    async event(event) {
      const body = JSON.stringify({ events: [event] })
      const response = await call('/api/sync', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      if (!response.ok) throw new Error(`status ${response.status}`)
      const told = (await response.json()) as SyncPushed
      heard(told.server_time)
      const answer = told.answers[0]
      if (!answer) throw new Error('no answer')
      const reason = answer.problem ? reasonOf(answer.problem) : undefined
      return { id: answer.id, outcome: answer.outcome as Outcome, receipt: (answer.receipt ?? null) as Receipt | null, reason } satisfies Answer
    },
  }
}
