/** Lines of the audit for people. */
import type { AuditLine } from './api'

/** In the order that the filter offers them; the server's own list, which the type holds us to. */
export const KINDS = Object.keys({
  sign_in: 1,
  sign_in_refused: 1,
  sign_in_locked: 1,
  sign_out: 1,
  session_revoked: 1,
  token_made: 1,
  token_revoked: 1,
  account_made: 1,
  account_changed: 1,
  account_disabled: 1,
  account_enabled: 1,
  password_changed: 1,
  download: 1,
  export: 1,
  import: 1,
  import_undone: 1,
  conflict_decided: 1,
  device_registered: 1,
  device_revoked: 1,
  unsent_imported: 1,
} satisfies Record<AuditLine['kind'], 1>) as AuditLine['kind'][]

/** Start of a day on the district's clock, as the server's filter takes it. */
export function sinceOf(day: string): string | undefined {
  return day === '' ? undefined : `${day}T00:00:00+08:00`
}

/**
 * What a line says beyond its kind, as “name: value”; ids of grants and empty lists mean nothing to people. `word` gives
 * people's word for a name (`how`) or for a value (`how.password`), where there is one.
 */
export function detailsOf({ details }: Pick<AuditLine, 'details'>, word: (key: string) => string | undefined = () => undefined): string {
  const told = Object.entries(details).filter(([name, value]) => name !== 'id' && plain(value) !== '')
  const said = (name: string, value: unknown) => (typeof value === 'string' ? word(`${name}.${value}`) : undefined) ?? plain(value)
  return told.map(([name, value]) => `${word(name) ?? name}: ${said(name, value)}`).join('; ')
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(', ')
  if (typeof value === 'object' && value !== null) return JSON.stringify(value)
  return String(value)
}
