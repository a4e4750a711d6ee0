/** The three sides of a conflict, row by row. */
import type { Label } from '@/client'
import type { Conflict, Side } from './api'

export type SideName = 'before' | 'phone' | 'office'
export const SIDES: readonly SideName[] = ['before', 'phone', 'office']

export interface Cell {
  value: string | number | Label | null
  /** It is not as it was before. */
  changed: boolean
}

export interface Row {
  what: 'stage' | 'since' | 'measure'
  /** Of a quantity. */
  field?: string
  title?: Label
  unit?: string | null
  /** In the order of `SIDES`; null where the office has nothing to show. */
  cells: (Cell | null)[]
}

export function rowsOf(conflict: Pick<Conflict, SideName>): Row[] {
  const sides = SIDES.map((name) => conflict[name])
  const row = (what: Row['what'], read: (side: Side) => Cell['value'], same: (side: Side) => unknown, more: Partial<Row> = {}): Row => {
    const before = same(conflict.before)
    return { what, ...more, cells: sides.map((side) => (side ? { value: read(side), changed: same(side) !== before } : null)) }
  }
  const measures = new Map(sides.flatMap((side) => side?.measures ?? []).map((measure) => [measure.field, measure]))
  const valueOf = (side: Side, field: string): number | null => side.measures.find((each) => each.field === field)?.value ?? null
  const value = (field: string) => (side: Side) => valueOf(side, field)
  return [
    row('stage', ({ stage }) => stage.label, ({ stage }) => stage.id),
    row('since', ({ stage }) => stage.on, ({ stage }) => stage.on),
    ...[...measures.values()].map(({ field, title, unit }) => row('measure', value(field), value(field), { field, title, unit })),
  ]
}

/** Pictures that a record names, by the hashes of their content. */
export function photosIn(value: unknown): string[] {
  const found = new Set<string>()
  const look = (each: unknown): void => {
    if (typeof each === 'string' && /^[0-9a-f]{64}$/.test(each)) found.add(each)
    else if (Array.isArray(each)) each.forEach(look)
    else if (typeof each === 'object' && each !== null) Object.values(each).forEach(look)
  }
  look(value)
  return [...found]
}

/** What the author wrote in words. */
export function wordsIn({ payload }: Record<string, unknown>): string[] {
  const given = (payload ?? {}) as Record<string, unknown>
  return ['reason', 'text', 'caption'].flatMap((name) => (typeof given[name] === 'string' && given[name] ? [given[name]] : []))
}

export function placeOf({ place }: Record<string, unknown>): { lon: number; lat: number; accuracy_m: number | null } | null {
  const given = place as { lon?: unknown; lat?: unknown; accuracy_m?: unknown } | null | undefined
  if (typeof given?.lon !== 'number' || typeof given.lat !== 'number') return null
  return { lon: given.lon, lat: given.lat, accuracy_m: typeof given.accuracy_m === 'number' ? given.accuracy_m : null }
}
