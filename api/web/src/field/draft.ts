/** From a filled form to the records that wait in the outbox. */
import type { Entry, Item, Outbox, Photo } from './outbox/machine'
import type { Fix, SyncFeature, SyncLayer } from './types'

export interface DraftPhoto {
  id: string
  bytes: number
  taken_at: string
  place: Fix | null
}

export interface Draft {
  to: string
  reason: string
  note: string
  quantities: Record<string, string>
  photos: DraftPhoto[]
}

export function emptyDraft(): Draft {
  return { to: '', reason: '', note: '', quantities: {}, photos: [] }
}

export interface Circumstances {
  owner: string
  at: Date
  /** Milliseconds by which the service's clock is ahead of the phone's. */
  clock: number
  place: Fix | null
  id: () => string
}

/**
 * The moment of a new record: now, and after what was written of the feature before. The order of writing stays, also
 * where somebody sets the phone's clock in between.
 */
export function momentOf(now: number, { layer, uid }: Pick<SyncFeature, 'layer' | 'uid'>, outbox: Outbox): Date {
  const before = outbox.flatMap((item) => (item.type === 'event' && item.layer === layer && item.uid === uid ? [item.order + 1] : []))
  return new Date(Math.max(now, ...before))
}

const NOTABLE_CLOCK_MS = 60_000

/** What a draft says: a move with its evidence, quantities, a note, or photos on their own. */
export function recordsOf(draft: Draft, feature: SyncFeature, layer: SyncLayer, around: Circumstances): Item[] {
  let order = around.at.getTime()
  const shared = { owner: around.owner, status: 'waiting' as const, tries: 0, notBefore: 0 }
  const device = Math.abs(around.clock) > NOTABLE_CLOCK_MS ? { device_at: new Date(around.at.getTime() - around.clock).toISOString() } : {}
  const entry = (kind: Entry['kind'], payload: Record<string, unknown>, photos: string[] = [], place = around.place): Entry => ({
    ...shared,
    type: 'event',
    id: around.id(),
    order: order++,
    layer: feature.layer,
    uid: feature.uid,
    title: feature.code ?? feature.name ?? feature.uid,
    kind,
    valid_at: around.at.toISOString(),
    payload: kind === 'measure' ? payload : { ...payload, ...device },
    payload_version: layer.payload_version,
    base_revision: feature.revision,
    place,
    photos,
  })
  const items: Item[] = draft.photos.map(({ id, bytes }): Photo => ({ ...shared, type: 'photo', id, bytes, order: order++ }))
  const note = draft.note.trim()
  const quantities = Object.entries(draft.quantities).filter(([, text]) => text.trim() !== '')
  if (quantities.length) items.push(entry('measure', Object.fromEntries(quantities.map(([field, text]) => [field, Number(text)]))))
  if (draft.to) {
    const told = draft.photos.map(({ taken_at, place }) => ({ taken_at, ...place }))
    const more = { ...(draft.reason.trim() && { reason: draft.reason.trim() }), ...(note && { note }), ...(told.length && { photos: told }) }
    items.push(entry('transition', { to: draft.to, ...more }, draft.photos.map(({ id }) => id)))
  } else {
    if (note) items.push(entry('note', { text: note }))
    for (const { id, taken_at, place } of draft.photos) items.push(entry('photo', { taken_at, ...(note && { caption: note }) }, [id], place))
  }
  return items
}
