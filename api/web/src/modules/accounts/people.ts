/** Whom an administrator lets in, and as what. */
import { fetchRows } from '@/client'
import type { Person, PersonChange } from './api'

/** Everything an account may be. */
export const ROLES = ['viewer', 'field', 'planner', 'bureau', 'admin'] as const satisfies readonly Person['role'][]

export interface StreetOffice {
  code: string
  name: string
}

/** The register of street offices, which the server holds the accounts to. */
export async function fetchOffices(): Promise<StreetOffice[]> {
  const { features } = await fetchRows('admin_subdistrict', {}, 200)
  const offices = features.map(({ properties }) => ({ code: String(properties.code ?? ''), name: String(properties.name ?? properties.code ?? '') }))
  return offices.sort((one, other) => one.code.localeCompare(other.code))
}

/** Only what differs is asked for; nothing if nothing does. */
export function changeOf(person: Person, wanted: Pick<Person, 'role' | 'subdistricts'>): PersonChange | null {
  const change: PersonChange = {}
  if (wanted.role !== person.role) change.role = wanted.role
  if ([...wanted.subdistricts].sort().join() !== [...person.subdistricts].sort().join()) change.subdistricts = [...wanted.subdistricts]
  return Object.keys(change).length > 0 ? change : null
}
