/** What the phone keeps: the outbox with its photos, drafts, and its own street offices. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { Label, SyncDecision, SyncFeature, SyncLayer } from '../types'
import { after, type Happening, type Item, type Outbox, type Reason, type Receipt } from './machine'
import type { Keeper } from './sender'
import type { Addresses } from './uploads'

export interface Meta {
  account: { name: string; role: string; subdistricts: string[] }
  token: string
  layers: SyncLayer[]
  clock: number
  receipt: Receipt & { at: string }
  /** Name that this phone gave itself. */
  device: string
  /** Why the office let this phone in no more. */
  revoked: Reason
  decisions: Decision[]
  /** Names of quantities by layer and field, also of those that the forms no longer have. */
  titles: Record<string, Label>
}

/** What the office decided about a record that contradicted it. */
export type Decision = SyncDecision & { title: string }

export type DiskKeeper = Keeper & {
  queue: (items: Item[], blobs: Map<string, Blob>) => Promise<void>
  /** Read again what another page or the worker has written meanwhile. */
  refresh: () => Promise<void>
}

interface Schema extends DBSchema {
  items: { key: string; value: Item }
  blobs: { key: string; value: Blob }
  drafts: { key: string; value: unknown }
  features: { key: string; value: SyncFeature }
  meta: { key: string; value: unknown }
}

export type Database = IDBPDatabase<Schema>

/**
 * Happenings that the service can be asked for once more. On a full disk they are believed unwritten, so that what waits
 * goes on being sent, and its going makes room.
 */
const ASKED_AGAIN: readonly Happening['type'][] = ['kept', 'turnedDown', 'failed', 'retried']

export function isFull(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'QuotaExceededError'
}

export function openDatabase(name = 'yzgeo-field'): Promise<Database> {
  return openDB<Schema>(name, 1, {
    upgrade(database) {
      for (const store of ['items', 'blobs', 'drafts', 'features', 'meta'] as const) database.createObjectStore(store)
    },
  })
}

/** The outbox on the disk: what happens is written, and only then believed. */
export async function openKeeper(database: Database, told: (outbox: Outbox) => void): Promise<DiskKeeper> {
  let outbox: Outbox = await database.getAll('items')
  let last: Promise<unknown> = Promise.resolve()

  async function write(happening: Happening, blobs: Map<string, Blob>): Promise<void> {
    const made = after(outbox, happening)
    // What is on its way would be waiting again after a restart, and stands on the disk as that.
    if (happening.type !== 'picked') await put(made, blobs).catch((error: unknown) => {
      if (!isFull(error) || !ASKED_AGAIN.includes(happening.type)) throw error
    })
    outbox = made
    told(outbox)
  }

  async function put(made: Outbox, blobs: Map<string, Blob>): Promise<void> {
    const before = new Map(outbox.map((item) => [item.id, item]))
    const transaction = database.transaction(['items', 'blobs'], 'readwrite', { durability: 'strict' })
    const [items, pictures] = [transaction.objectStore('items'), transaction.objectStore('blobs')]
    const writes: Promise<unknown>[] = [...blobs].map(([id, blob]) => pictures.put(blob, id))
    for (const item of made) {
      if (before.get(item.id) !== item) writes.push(items.put(item, item.id))
      before.delete(item.id)
    }
    for (const id of before.keys()) writes.push(items.delete(id), pictures.delete(id))
    await Promise.all([...writes, transaction.done])
  }

  function happen(happening: Happening, blobs = new Map<string, Blob>()): Promise<void> {
    const done = last.then(() => write(happening, blobs))
    last = done.catch(() => undefined)
    return done
  }

  await happen({ type: 'restarted' })
  told(outbox)
  return {
    outbox: () => outbox,
    happen: (happening) => happen(happening),
    refresh: async () => {
      await last
      outbox = await database.getAll('items')
      told(outbox)
    },
    queue: (items, blobs) => happen({ type: 'queued', items }, blobs),
  }
}

export async function remember<Key extends keyof Meta>(database: Database, key: Key, value: Meta[Key] | undefined): Promise<void> {
  await (value === undefined ? database.delete('meta', key) : database.put('meta', value, key))
}

/** Keep what would be told again anyway, if there is room. */
export async function noteDown<Key extends keyof Meta>(database: Database, key: Key, value: Meta[Key]): Promise<void> {
  await unlessFull(remember(database, key, value))
}

async function unlessFull(writing: Promise<unknown>): Promise<void> {
  await writing.catch((error: unknown) => {
    if (!isFull(error)) throw error
  })
}

export async function recall<Key extends keyof Meta>(database: Database, key: Key): Promise<Meta[Key] | undefined> {
  return (await database.get('meta', key)) as Meta[Key] | undefined
}

/** Where the pieces of photos went so far. */
export function addressesIn(database: Database): Addresses {
  return {
    find: async (id) => (await database.get('meta', `upload/${id}`)) as string | undefined,
    keep: (id, address) => unlessFull(address ? database.put('meta', address, `upload/${id}`) : database.delete('meta', `upload/${id}`)),
  }
}

/** The phone's own name, made once. */
export async function deviceOf(database: Database): Promise<string> {
  const known = await recall(database, 'device')
  if (known) return known
  const made = crypto.randomUUID()
  await remember(database, 'device', made)
  return made
}

/** Forget everything but the phone's name and why. */
export async function wipe(database: Database, keeper: DiskKeeper, reason: Reason): Promise<void> {
  const device = await deviceOf(database)
  await keeper.happen({ type: 'wiped' })
  for (const store of ['blobs', 'drafts', 'features', 'meta'] as const) await database.clear(store)
  await remember(database, 'device', device)
  await remember(database, 'revoked', reason)
}
