/**
 * The outbox as a pure state machine: what waits on the phone, what may be sent next, and what may be forgotten.
 *
 * Nothing leaves it but by a receipt of the server for that very record, by a person's own word, or by the office's that
 * this phone is to hold nothing any more. Time and chance are
 * given to it, so that every course of events can be played in a test.
 */

export interface Receipt {
  event: string
  hash: string
  code: string
  recorded_at: string | null
}

export interface Reason {
  code: string
  zh: string
  en: string
}

interface Common {
  id: string
  /** Account that wrote it: nobody else's session may send it. */
  owner: string
  /** Order of writing on this phone. */
  order: number
  status: 'waiting' | 'sending' | 'kept' | 'refused' | 'conflict'
  tries: number
  notBefore: number
  reason?: Reason
}

export interface Photo extends Common {
  type: 'photo'
  bytes: number
  /** Name that the server gave it, once it is kept there. */
  sha256?: string
}

export interface Entry extends Common {
  type: 'event'
  layer: string
  uid: string
  title: string
  kind: 'transition' | 'measure' | 'note' | 'photo'
  valid_at: string
  payload: Record<string, unknown>
  payload_version: number
  base_revision: number
  place: { lon: number; lat: number; accuracy_m: number | null } | null
  /** Ids of the photos that have to be at the server before. */
  photos: string[]
}

export type Item = Photo | Entry
export type Outbox = readonly Item[]
export type Outcome = 'accepted' | 'repeated' | 'agreed' | 'rebased' | 'conflict' | 'refused'

export type Happening =
  | { type: 'queued'; items: Item[] }
  | { type: 'restarted' }
  | { type: 'picked'; id: string }
  | { type: 'kept'; id: string; sha256: string }
  | { type: 'received'; id: string; receipt: Receipt }
  | { type: 'turnedDown'; id: string; reason: Reason; conflict: boolean }
  | { type: 'failed'; id: string; now: number; chance: number }
  | { type: 'retried'; id: string }
  | { type: 'discarded'; id: string }
  | { type: 'wiped' }

export function keyOf({ layer, uid }: { layer: string; uid: string }): string {
  return `${layer}/${uid}`
}

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 120_000

/** Milliseconds to wait after a number of failures; chance in [0, 1) spreads phones that failed together. */
export function waitAfter(tries: number, chance: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries - 1, 10)) * (0.5 + chance / 2)
}

export function after(outbox: Outbox, happening: Happening): Outbox {
  switch (happening.type) {
    case 'queued':
      return [...outbox, ...happening.items.filter(({ id }) => outbox.every((item) => item.id !== id))]
    case 'restarted':
      return outbox.map((item) => (item.status === 'sending' ? { ...item, status: 'waiting' } : item))
    case 'received':
      return happening.receipt.event === happening.id && happening.receipt.hash ? without(outbox, happening.id) : outbox
    case 'discarded':
      return without(outbox, happening.id)
    case 'wiped':
      return []
    default:
      return outbox.map((item) => (item.id === happening.id ? changed(item, happening) : item))
  }
}

function changed(item: Item, happening: Exclude<Happening, { type: 'queued' | 'restarted' | 'received' | 'discarded' | 'wiped' }>): Item {
  switch (happening.type) {
    case 'picked':
      return { ...item, status: 'sending' }
    case 'kept':
      return item.type === 'photo' ? { ...item, status: 'kept', sha256: happening.sha256 } : item
    case 'turnedDown':
      return { ...item, status: happening.conflict ? 'conflict' : 'refused', reason: happening.reason }
    case 'failed': {
      const tries = item.tries + 1
      return { ...item, status: 'waiting', tries, notBefore: happening.now + waitAfter(tries, happening.chance) }
    }
    case 'retried':
      return { ...item, status: 'waiting', tries: 0, notBefore: 0, reason: undefined }
  }
}

/** Forget a record and the photos that no other record needs. */
function without(outbox: Outbox, id: string): Outbox {
  const gone = outbox.find((item) => item.id === id)
  const left = outbox.filter((item) => item.id !== id)
  if (gone?.type !== 'event') return left
  const needed = new Set(left.flatMap((item) => (item.type === 'event' ? item.photos : [])))
  return left.filter((item) => item.type !== 'photo' || needed.has(item.id) || !gone.photos.includes(item.id))
}

/**
 * The next record to send, one at a time: photos before the entry that names them, entries of one feature in the order
 * of writing. One that waits after a failure, or was refused, holds up nothing of any other feature.
 */
export function next(outbox: Outbox, owner: string, now: number): Item | undefined {
  const own = outbox.filter((item) => item.owner === owner).sort((one, other) => one.order - other.order)
  if (own.some(({ status }) => status === 'sending')) return undefined
  const kept = new Set(own.filter(({ status }) => status === 'kept').map(({ id }) => id))
  const held = new Set<string>()
  for (const item of own) {
    if (item.type === 'photo') {
      if (item.status === 'waiting' && item.notBefore <= now) return item
    } else if (item.status === 'waiting') {
      const feature = keyOf(item)
      if (!held.has(feature) && item.notBefore <= now && item.photos.every((id) => kept.has(id))) return item
      held.add(feature)
    }
  }
  return undefined
}

/** When it pays to look again; undefined while nothing waits. */
export function nextMoment(outbox: Outbox, owner: string): number | undefined {
  const moments = outbox.filter((item) => item.owner === owner && item.status === 'waiting').map(({ notBefore }) => notBefore)
  return moments.length ? Math.min(...moments) : undefined
}

/** Number of entries still to be sent, by feature; those that were refused or contradict the office wait for people. */
export function waitingOf(outbox: Outbox): Map<string, number> {
  const found = new Map<string, number>()
  for (const item of outbox) {
    if (item.type !== 'event' || (item.status !== 'waiting' && item.status !== 'sending')) continue
    found.set(keyOf(item), (found.get(keyOf(item)) ?? 0) + 1)
  }
  return found
}

export interface Tally {
  waiting: number
  refused: number
  /** Those that contradict the office, which it has to decide. */
  conflicts: number
  photos: { kept: number; total: number }
}

export function tally(outbox: Outbox, owner: string): Tally {
  const own = outbox.filter((item) => item.owner === owner)
  const photos = own.filter(({ type }) => type === 'photo')
  const entries = own.filter(({ type }) => type === 'event')
  const counted = (status: Item['status']) => own.filter((item) => item.status === status).length
  return {
    waiting: entries.filter(({ status }) => status === 'waiting' || status === 'sending').length,
    refused: counted('refused'),
    conflicts: counted('conflict'),
    photos: { kept: photos.filter(({ status }) => status === 'kept').length, total: photos.length },
  }
}

/** What the server is sent for an entry; the photos go by the names that it gave them. */
export function bodyOf(entry: Entry, outbox: Outbox): Record<string, unknown> {
  const named = entry.photos.map((id) => outbox.find((item): item is Photo => item.type === 'photo' && item.id === id)?.sha256)
  const evidence = entry.kind === 'transition' && named.length > 0 ? { evidence: named } : {}
  const attachment = entry.kind === 'photo' ? { attachment: named[0] } : {}
  const { id, layer, uid, kind, valid_at, payload_version, base_revision, place } = entry
  return { id, layer, uid, kind, valid_at, payload: { ...entry.payload, ...evidence, ...attachment }, payload_version, base_revision, place }
}
