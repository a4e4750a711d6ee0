/** One request to the service, and what its answer means for everything else on the phone. */
import type { Problem } from '@/client'
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

export function reasonOf(problem: Problem | null | undefined): Reason {
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
