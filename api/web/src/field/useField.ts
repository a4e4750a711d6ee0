/** The state of the phone page: who is signed in, what the phone holds, what waits, and the talk with the service. */
import { computed, reactive, shallowRef } from 'vue'
import { fetchOffices, keptOffices } from './map/offices'
import { alone, littleRoom, LOCK, sendLater } from './outbox/browser'
import { addressesIn, deviceOf, isFull, noteDown, openDatabase, openKeeper, recall, remember, wipe, type Database, type Decision, type DiskKeeper, type Meta } from './outbox/database'
import { nextMoment, tally, type Entry, type Item, type Outbox, type Reason } from './outbox/machine'
import { Barred, Revoked, sendAll, SignedOut, type Answer } from './outbox/sender'
import { call, headers, setDevice } from './outbox/service'
import { openTransport } from './outbox/transport'
import { keepTitles, readTitles } from './titles'
import type { Account, SyncDecision, SyncFeature, SyncLayer, SyncPulled, SyncSize } from './types'

const LONGEST_PAUSE_MS = 15_000
const MOST_DECISIONS = 20

const state = reactive({
  ready: false,
  online: navigator.onLine,
  session: 'unknown' as 'unknown' | 'in' | 'expired',
  storageLow: false,
  /** Milliseconds by which the service's clock is ahead of the phone's. */
  clock: 0,
})
const barred = shallowRef<Reason>()
const revoked = shallowRef<Reason>()
const decisions = shallowRef<Decision[]>([])
/** How much of the photo that is on its way has arrived. */
const sending = shallowRef<{ sent: number; total: number }>()
const account = shallowRef<Meta['account']>()
const receipt = shallowRef<Meta['receipt']>()
const told = shallowRef<{ outcome: Answer['outcome']; title: string }>()
const layers = shallowRef<SyncLayer[]>([])
const features = shallowRef<SyncFeature[]>([])
const outbox = shallowRef<Outbox>([])
const own = computed(() => outbox.value.filter(({ owner }) => owner === account.value?.name))
const counts = computed(() => tally(outbox.value, account.value?.name ?? ''))

let database: Database
let keeper: DiskKeeper
let timer: ReturnType<typeof setTimeout> | undefined
let busy = false

/** The moment by the service's clock, as far as the phone knows it. */
function serverNow(): number {
  return Date.now() + state.clock
}

async function heard(serverTime: string): Promise<void> {
  state.clock = Date.parse(serverTime) - Date.now()
  await noteDown(database, 'clock', state.clock)
}

async function start(): Promise<void> {
  database = await openDatabase()
  keeper = await openKeeper(database, (now) => (outbox.value = now))
  setDevice(await deviceOf(database))
  state.clock = (await recall(database, 'clock')) ?? 0
  account.value = await recall(database, 'account')
  receipt.value = await recall(database, 'receipt')
  revoked.value = await recall(database, 'revoked')
  decisions.value = (await recall(database, 'decisions')) ?? []
  layers.value = (await recall(database, 'layers')) ?? []
  await readTitles(database)
  features.value = await database.getAll('features')
  state.ready = true
  window.addEventListener('online', () => void work())
  window.addEventListener('offline', () => (state.online = false))
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void work())
  navigator.serviceWorker?.addEventListener('message', ({ data }) => data === LOCK && void work())
  void navigator.storage?.persist?.()
  void lookForRoom()
  await work()
}

async function json<T>(path: string): Promise<T> {
  const response = await call(path)
  if (!response.ok) throw new Error(`status ${response.status}`)
  return (await response.json()) as T
}

async function signIn(name: string, password: string): Promise<boolean> {
  const response = await fetch('/api/auth/login', { method: 'POST', body: JSON.stringify({ name, password }), headers: { ...headers(), 'content-type': 'application/json' } })
  if (!response.ok) return false
  await check()
  revoked.value = undefined
  barred.value = undefined
  await remember(database, 'revoked', undefined)
  void work()
  return true
}

/** Ask who is signed in; what the phone holds of another account is forgotten, what it wrote stays. */
async function check(): Promise<void> {
  const me = await json<Account>('/api/auth/me')
  if (!me.name) {
    state.session = 'expired'
    return
  }
  if (account.value && account.value.name !== me.name) await forget()
  account.value = { name: me.name, role: me.role, subdistricts: [...me.subdistricts] }
  await noteDown(database, 'account', account.value)
  state.session = 'in'
}

async function forget(): Promise<void> {
  await database.clear('features')
  for (const key of ['token', 'layers', 'account', 'receipt', 'decisions'] as const) await remember(database, key, undefined)
  account.value = undefined
  receipt.value = undefined
  decisions.value = []
  features.value = []
  layers.value = []
}

async function signOut(): Promise<void> {
  await call('/api/auth/logout', { method: 'POST' }).catch(() => undefined)
  state.session = 'expired'
  await forget()
}

async function size(): Promise<SyncSize> {
  try {
    return await json('/api/sync/size')
  } catch (error) {
    await stopped(error)
    throw error
  }
}

async function pull(): Promise<void> {
  const token = await recall(database, 'token')
  const pulled = await json<SyncPulled>(`/api/sync${token ? `?since=${token}` : ''}`)
  await heard(pulled.server_time)
  const transaction = database.transaction(['features', 'meta'], 'readwrite')
  const held = transaction.objectStore('features')
  const writes: Promise<unknown>[] = pulled.full ? [held.clear()] : []
  for (const feature of pulled.features) writes.push(held.put(feature, `${feature.layer}/${feature.uid}`))
  for (const { layer, uid } of pulled.gone) writes.push(held.delete(`${layer}/${uid}`))
  // The token is kept with what it stands for, or not at all.
  writes.push(transaction.objectStore('meta').put(pulled.layers, 'layers'), transaction.objectStore('meta').put(pulled.token, 'token'))
  await Promise.all([...writes, transaction.done])
  if (pulled.full) await keepTitles(database, [...layers.value, ...pulled.layers])
  layers.value = pulled.layers
  if (pulled.full || pulled.features.length || pulled.gone.length) features.value = await database.getAll('features')
  await decided(pulled.decisions ?? [])
  if (!(await keptOffices(database))) await fetchOffices(database)
}

/** What the office decided is told, and the record asked for again: the answer to it is what ends its stay here. */
async function decided(heard: SyncDecision[]): Promise<void> {
  if (!heard.length) return
  const known = new Set(heard.map(({ id }) => id))
  const titled = heard.map((decision) => ({ ...decision, title: titleOf(decision) }))
  decisions.value = [...titled, ...decisions.value.filter(({ id }) => !known.has(id))].slice(0, MOST_DECISIONS)
  await noteDown(database, 'decisions', decisions.value)
  for (const item of own.value) if (item.status === 'conflict' && known.has(item.id)) await keeper.happen({ type: 'retried', id: item.id })
}

function titleOf({ id, layer, uid }: SyncDecision): string {
  const item = outbox.value.find((each) => each.id === id)
  const feature = features.value.find((each) => each.layer === layer && each.uid === uid)
  return (item?.type === 'event' && item.title) || feature?.code || feature?.name || uid
}

async function settle(id: string): Promise<void> {
  decisions.value = decisions.value.filter((each) => each.id !== id)
  await remember(database, 'decisions', decisions.value)
}

function received(entry: Entry, answer: Answer): void {
  if (!answer.receipt) return
  receipt.value = { ...answer.receipt, at: new Date(serverNow()).toISOString() }
  told.value = { outcome: answer.outcome, title: entry.title }
  void noteDown(database, 'receipt', receipt.value)
}

/** Send what waits and fetch what changed; looks again by itself, and never twice at the same time. */
async function work(): Promise<void> {
  if (busy) return
  busy = true
  clearTimeout(timer)
  try {
    await alone(talk)
    state.online = true
  } catch (error) {
    await stopped(error)
  } finally {
    busy = false
    sending.value = undefined
    const moment = nextMoment(outbox.value, account.value?.name ?? '') ?? Infinity
    timer = setTimeout(() => void work(), Math.max(500, Math.min(LONGEST_PAUSE_MS, moment - Date.now())))
  }
}

async function stopped(error: unknown): Promise<void> {
  if (error instanceof SignedOut) state.session = 'expired'
  else if (error instanceof Revoked) await revoke(error.reason)
  else if (error instanceof Barred) barred.value = error.reason
  else if (isFull(error)) state.storageLow = true
  else state.online = false
}

/** The office lets this phone in no more: nothing of it stays here but the reason. */
async function revoke(reason: Reason): Promise<void> {
  await wipe(database, keeper, reason)
  await call('/api/auth/logout', { method: 'POST' }).catch(() => undefined)
  await forget()
  state.session = 'expired'
  revoked.value = reason
}

async function talk(): Promise<void> {
  await check()
  const name = account.value?.name
  if (state.session !== 'in' || !name) return
  state.online = true
  await keeper.refresh()
  const transport = openTransport({
    blobOf: (id) => database.get('blobs', id),
    addresses: addressesIn(database),
    heard: (time) => void heard(time),
    progress: (sent, total) => (sending.value = { sent, total }),
  })
  await sendAll(keeper, transport, name, { now: Date.now, chance: Math.random, received }, () => (sending.value = undefined))
  if (layers.value.length) await pull()
  barred.value = undefined
  await lookForRoom()
}

async function lookForRoom(): Promise<void> {
  state.storageLow = await littleRoom()
}

async function queue(items: Item[], blobs = new Map<string, Blob>()): Promise<void> {
  await keeper.queue(items, blobs)
  void lookForRoom()
  void sendLater().catch(() => undefined)
}

export function useField() {
  return {
    state, account, receipt, told, layers, features, outbox, own, counts, barred, revoked, decisions, sending,
    start, work, signIn, signOut, size, pull, serverNow,
    clock: () => state.clock,
    database: () => database,
    queue, settle,
    retry: (id: string) => keeper.happen({ type: 'retried', id }).then(work),
    discard: (id: string) => keeper.happen({ type: 'discarded', id }),
  }
}
