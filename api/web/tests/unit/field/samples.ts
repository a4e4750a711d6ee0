/** A server that forgets nothing, a way to it that loses, repeats and breaks, and records to send. */
import { after, type Entry, type Happening, type Item, type Outbox, type Photo } from '@/field/outbox/machine'
import type { Answer, Keeper, Transport } from '@/field/outbox/sender'

const SHARED = { owner: 'wang', status: 'waiting', tries: 0, notBefore: 0 } as const

export function photo(id: string, order = 0): Photo {
  return { ...SHARED, type: 'photo', id, order, bytes: 9 }
}

export function entry(id: string, order = 0, more: Partial<Entry> = {}): Entry {
  return {
    ...SHARED, type: 'event', id, order, layer: 'shantytown_parcel', uid: 'a', title: 'P01', kind: 'note', valid_at: '2024-07-01T00:00:00Z',
    payload: { text: id }, payload_version: 1, base_revision: 1, place: null, photos: [], ...more,
  }
}

export function memory(initial: Outbox = []): Keeper & { outbox(): Outbox; crash(): void } {
  let outbox = initial
  return {
    outbox: () => outbox,
    happen: async (happening: Happening) => void (outbox = after(outbox, happening)),
    crash: () => (outbox = after(outbox, { type: 'restarted' })),
  }
}

export type Fault = 'none' | 'lost' | 'answerLost' | 'broken' | 'twice'

export class Server {
  readonly events = new Map<string, number>()
  readonly photos = new Map<string, number>()
  readonly early: string[] = []

  constructor(readonly bad: ReadonlySet<string> = new Set()) {}

  photo({ id }: Item): { sha256: string } {
    this.photos.set(id, (this.photos.get(id) ?? 0) + 1)
    return { sha256: `sha-${id}` }
  }

  event(body: Record<string, unknown>): Answer {
    const id = String(body.id)
    if (this.bad.has(id)) return { id, outcome: 'refused', receipt: null, reason: { code: 'x', zh: '不行', en: 'no' } }
    const named = ((body.payload as { evidence?: string[] }).evidence ?? []).map((sha) => String(sha).replace('sha-', ''))
    if (named.some((each) => !this.photos.has(each))) this.early.push(id)
    const repeated = this.events.has(id)
    if (!repeated) this.events.set(id, 1)
    return { id, outcome: repeated ? 'repeated' : 'accepted', receipt: { event: id, hash: `h-${id}`, code: 'C', recorded_at: null } }
  }

  /** The way to it, with a fault for every request until there are none left. */
  way(faults: Fault[]): Transport {
    const through = <T>(ask: () => T): Promise<T> => {
      const fault = faults.shift() ?? 'none'
      if (fault === 'lost' || fault === 'broken') return Promise.reject(new Error(fault))
      const answer = ask()
      if (fault === 'twice') return Promise.resolve(ask())
      return fault === 'answerLost' ? Promise.reject(new Error(fault)) : Promise.resolve(answer)
    }
    return { photo: (each) => through(() => this.photo(each)), event: (body) => through(() => this.event(body)) }
  }
}
