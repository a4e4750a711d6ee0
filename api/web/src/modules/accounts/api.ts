/** Who may come in, as the page asks it: one's own password, sessions and tokens, and what administrators see of all. */
import { ask, type Answer } from '@/client'
import type { components, operations } from '@/client/schema'

type Schemas = components['schemas']

export type Grant = Schemas['GrantTold']
export type TokenMade = Schemas['TokenMade']
export type Person = Schemas['AccountTold']
export type PersonWanted = Schemas['AccountWanted']
export type PersonMade = Schemas['AccountMade']
export type PersonChange = Schemas['AccountChange']
export type AuditLine = Schemas['AuditLineTold']
export type AuditPage = Schemas['Audit']
export type AuditQuery = NonNullable<operations['audit']['parameters']['query']>

/** A phone of the field page; it is known by an id that it made itself. */
export interface Device {
  id: string
  label: string
  actor: string
  first_seen: string
  last_seen: string
  revoked_at: string | null
  revoked_by: string | null
}

/** What lets someone in: a person's session or a program's token. */
export type GrantKind = 'sessions' | 'tokens'

function sent(method: 'POST' | 'PATCH', body: unknown): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** Of oneself, or of everyone. */
export async function fetchGrants(kind: GrantKind, everyone: boolean): Promise<Grant[]> {
  const path = `/api/auth/${kind}${everyone ? '?account=*' : ''}`
  if (kind === 'sessions') return (await ask<Answer<'/api/auth/sessions'>>(path)).sessions
  return (await ask<Answer<'/api/auth/tokens'>>(path)).tokens
}

export function revokeGrant(kind: GrantKind, id: string): Promise<void> {
  return ask(`/api/auth/${kind}/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

/** Phones that have spoken with the service: one's own, or everyone's for an administrator. */
export async function fetchDevices(): Promise<Device[]> {
  return (await ask<{ devices: Device[] }>('/api/devices')).devices
}

export function revokeDevice(id: string): Promise<void> {
  return ask(`/api/devices/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

export function makeToken(name: string, days: number): Promise<TokenMade> {
  return ask('/api/auth/tokens', sent('POST', { name, expires_in_days: days }))
}

/** The answer brings a new session; every other session and token of the account has ended. */
export function changePassword(current: string, next: string): Promise<Schemas['SignedIn']> {
  return ask('/api/auth/password', sent('POST', { current, new: next }))
}

export async function fetchPeople(): Promise<Person[]> {
  const { accounts } = await ask<Answer<'/api/accounts'>>('/api/accounts')
  return accounts
}

export function addPerson(wanted: PersonWanted): Promise<PersonMade> {
  return ask('/api/accounts', sent('POST', wanted))
}

export function changePerson(name: string, change: PersonChange): Promise<Person> {
  return ask(`/api/accounts/${encodeURIComponent(name)}`, sent('PATCH', change))
}

export function fetchAudit(query: AuditQuery): Promise<AuditPage> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return ask(`/api/audit?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`)
}
