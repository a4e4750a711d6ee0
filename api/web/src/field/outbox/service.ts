/** One request to the service, and what its answer means for everything else on the phone. */
import type { Problem } from '@/client'
import type { Label } from '../types'
import type { Reason } from './machine'
import { Barred, Revoked, SignedOut } from './sender'

const PATIENCE_MS = 30_000
let device = ''

/** The name that this phone gave itself; the service may be told to let it in no more. */
export function setDevice(id: string): void {
  device = id
}

export function headers(): Record<string, string> {
  return { 'x-requested-with': 'field', ...(device && { 'x-yzgeo-device': device }) }
}

const KEPT = {
  phone: { zh: '采用您的记录', en: 'your record was taken' },
  office: { zh: '保留办公室的记录', en: 'the office’s record stands' },
  both: { zh: '两条都保留', en: 'both are kept' },
}

interface Conflict {
  decision?: { keep: keyof typeof KEPT; reason: string }
  current_version?: { stage?: { label?: Label } }
}

/** Why, in words of the phone: how the office decided, or where it stands and why the record does not fit. */
export function reasonOf(problem: Problem | null | undefined): Reason {
  const { code, zh, en } = plainReason(problem)
  const { decision, current_version: now } = (problem ?? {}) as Conflict
  const stage = now?.stage?.label
  if (code === 'conflict_decided' && decision) {
    const kept = KEPT[decision.keep]
    return { code, zh: `办公室已裁定：${kept.zh}。理由：${decision.reason}`, en: `The office has decided: ${kept.en}. Reason: ${decision.reason}` }
  }
  if (code === 'conflict' && stage) return { code, zh: `办公室记录现为“${stage.zh}”。${zh}`, en: `The office’s record is now at “${stage.en}”. ${en}` }
  return { code, zh, en }
}

function plainReason(problem: Problem | null | undefined): Reason {
  const issues = (problem as { issues?: { message?: string; message_en?: string; zh?: string; en?: string }[] } | null)?.issues ?? []
  const zh = issues.map((issue) => issue.message ?? issue.zh).filter(Boolean).join('；')
  const en = issues.map((issue) => issue.message_en ?? issue.en).filter(Boolean).join('; ')
  return { code: problem?.code ?? 'unknown', zh: zh || (problem?.detail ?? ''), en: en || (problem?.detail_en ?? '') }
}

export async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, { ...init, headers: { ...headers(), ...init.headers }, signal: AbortSignal.timeout(PATIENCE_MS), cache: 'no-store' })
  if (response.status === 401) throw new SignedOut()
  if (response.status === 403) throw bar(await response.json().catch(() => null))
  return response
}

/** A 403 without the service's own words comes from something between, such as a hotel's sign-in page: tried again. */
export function bar(problem: unknown): Error {
  const reason = reasonOf(problem as Problem | null)
  if (reason.code === 'device_revoked') return new Revoked(reason)
  return reason.code === 'unknown' ? new Error('status 403') : new Barred(reason)
}
