/** Which moves a form offers: those of the stage table, from where the feature will stand once the outbox is sent. */
import type { Draft } from './draft'
import type { Entry, Outbox } from './outbox/machine'
import type { SyncFeature, SyncLayer, SyncMove } from './types'

export interface Standing {
  stage: string
  left: string | null
  /** A move that waits for a second person, at the office or on this phone. */
  waitsFor: string | null
}

/** Where a feature stands by what the office said last and what this phone has written since. */
export function standing(feature: SyncFeature, layer: SyncLayer, outbox: Outbox): Standing {
  const found: Standing = { stage: feature.stage, left: feature.left, waitsFor: feature.pending[0]?.to ?? null }
  const own = outbox.filter(
    (item): item is Entry =>
      item.type === 'event' && item.kind === 'transition' && item.layer === feature.layer && item.uid === feature.uid && ['waiting', 'sending'].includes(item.status),
  )
  for (const entry of own.sort((one, other) => one.order - other.order)) {
    const to = String(entry.payload.to)
    const move = layer.moves.find((each) => each.from === found.stage && each.to === to)
    if (!move) continue
    if (move.second_person) found.waitsFor = to
    else Object.assign(found, { stage: to, left: move.kind === 'aside' ? found.stage : null })
  }
  return found
}

export function offered(layer: SyncLayer, at: Standing): SyncMove[] {
  if (at.waitsFor !== null) return []
  return layer.moves.filter((move) => move.from === at.stage && (move.kind !== 'resume' || at.left === null || move.to === at.left))
}

/** What is wrong with a quantity, as the key of a text; undefined if nothing is. */
export function faultOf(text: string, whole: boolean, now: number | undefined, limit: number | undefined): string | undefined {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) return 'notANumber'
  if (whole && !Number.isInteger(value)) return 'notWhole'
  if (now !== undefined && value < now) return 'shrinks'
  if (limit !== undefined && value > limit) return 'overLimit'
  return undefined
}

export interface Misfit {
  /** Stage that is no longer offered. */
  move?: string
  quantities: string[]
}

/** What of a draft the form of today has no room for, because the office changed the form or the feature meanwhile. */
export function misfit(draft: Draft, moves: readonly SyncMove[], layer: SyncLayer): Misfit {
  const fields = new Set(layer.measures.map(({ field }) => field))
  const gone = draft.to !== '' && moves.every(({ to }) => to !== draft.to)
  const quantities = Object.entries(draft.quantities).flatMap(([field, text]) => (text.trim() !== '' && !fields.has(field) ? [field] : []))
  return gone ? { move: draft.to, quantities } : { quantities }
}

/** The draft without what does not fit. */
export function fitting(draft: Draft, { move, quantities }: Misfit): Draft {
  const kept = Object.entries(draft.quantities).filter(([field]) => !quantities.includes(field))
  return { ...draft, ...(move !== undefined && { to: '' }), quantities: Object.fromEntries(kept) }
}
