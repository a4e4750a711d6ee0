/** The state of the phone page: who is signed in, what the phone holds, what waits, and the talk with the service. */
import { computed, reactive, shallowRef } from 'vue'
import { openDatabase, openKeeper, recall, remember, type Database, type Meta } from './outbox/database'
import { nextMoment, tally, type Entry, type Item, type Outbox } from './outbox/machine'
import { sendNext, SignedOut, type Answer, type Keeper } from './outbox/sender'
import { call, openTransport } from './outbox/transport'
import type { Account, SyncFeature, SyncLayer, SyncPulled, SyncSize } from './types'

type Queueing = Keeper & { queue: (items: Item[], blobs: Map<string, Blob>) => Promise<void> }

const LONGEST_PAUSE_MS = 15_000

const state = reactive({
  ready: false,
  online: navigator.onLine,
  session: 'unknown' as 'unknown' | 'in' | 'expired',
  storageLow: false,
})
const account = shallowRef<Meta['account']>()
const receipt = shallowRef<Meta['receipt']>()
const told = shallowRef<{ outcome: Answer['outcome']; title: string }>()
const layers = shallowRef<SyncLayer[]>([])
const features = shallowRef<SyncFeature[]>([])
const outbox = shallowRef<Outbox>([])
const own = computed(() => outbox.value.filter(({ owner }) => owner === account.value?.name))
const counts = computed(() => tally(outbox.value, account.value?.name ?? ''))

let database: Database
let keeper: Queueing
let clock = 0
let timer: ReturnType<typeof setTimeout> | undefined
let busy = false

/** The moment by the service's clock, as far as the phone knows it. */
function serverNow(): number {
  return Date.now() + clock
}

async function heard(serverTime: string): Promise<void> {
  clock = Date.parse(serverTime) - Date.now()
  await remember(database, 'clock', clock)
}

async function start(): Promise<void> {
  database = await openDatabase()
  keeper = await openKeeper(database, (now) => (outbox.value = now))
  clock = (await recall(database, 'clock')) ?? 0
  account.value = await recall(database, 'account')
  receipt.value = await recall(database, 'receipt')
  layers.value = (await recall(database, 'layers')) ?? []
  features.value = await database.getAll('features')
  state.ready = true
  window.addEventListener('online', () => void work())
  window.addEventListener('offline', () => (state.online = false))
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void work())
  void navigator.storage?.persist?.()
  await work()
}

async function json<T>(path: string): Promise<T> {
  const response = await call(path)
  if (!response.ok) throw new Error(`status ${response.status}`)
  return (await response.json()) as T
}

async function signIn(name: string, password: string): Promise<boolean> {
  const sent = JSON.stringify({ name, password })
  const response = await fetch('/api/auth/login', { method: 'POST', body: sent, headers: { 'content-type': 'application/json', 'x-requested-with': 'field' } })
  if (!response.ok) return false
  await check()
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
  await remember(database, 'account', account.value)
  state.session = 'in'
}

async function forget(): Promise<void> {
  await database.clear('features')
  for (const key of ['token', 'layers', 'account', 'receipt'] as const) await remember(database, key, undefined)
  account.value = undefined
  receipt.value = undefined
  features.value = []
  layers.value = []
}

async function signOut(): Promise<void> {
  await call('/api/auth/logout', { method: 'POST' }).catch(() => undefined)
  state.session = 'expired'
  await forget()
}

function size(): Promise<SyncSize> {
  return json('/api/sync/size')
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
  layers.value = pulled.layers
  if (pulled.full || pulled.features.length || pulled.gone.length) features.value = await database.getAll('features')
}

function received(entry: Entry, answer: Answer): void {
  if (!answer.receipt) return
  receipt.value = { ...answer.receipt, at: new Date(serverNow()).toISOString() }
  told.value = { outcome: answer.outcome, title: entry.title }
  void remember(database, 'receipt', receipt.value)
}

/** Send what waits and fetch what changed; looks again by itself, and never twice at the same time. */
async function work(): Promise<void> {
  if (busy) return
  busy = true
  clearTimeout(timer)
  try {
    await navigator.locks.request('yzgeo-outbox', { ifAvailable: true }, (lock) => (lock ? talk() : undefined))
    state.online = true
  } catch (error) {
    if (error instanceof SignedOut) state.session = 'expired'
    else state.online = false
  } finally {
    busy = false
    const moment = nextMoment(outbox.value, account.value?.name ?? '') ?? Infinity
    timer = setTimeout(() => void work(), Math.max(500, Math.min(LONGEST_PAUSE_MS, moment - Date.now())))
  }
}

async function talk(): Promise<void> {
  await check()
  const name = account.value?.name
  if (state.session !== 'in' || !name) return
  state.online = true
  const transport = openTransport((id) => database.get('blobs', id), (time) => void heard(time))
  while (await sendNext(keeper, transport, name, { now: Date.now, chance: Math.random, received }));
  if (layers.value.length) await pull()
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {}
  state.storageLow = quota > 0 && usage > 0.9 * quota
}

export function useField() {
  return {
    state, account, receipt, told, layers, features, outbox, own, counts,
    start, work, signIn, signOut, size, pull, serverNow,
    clock: () => clock,
    database: () => database,
    queue: (items: Item[], blobs: Map<string, Blob>) => keeper.queue(items, blobs),
    retry: (id: string) => keeper.happen({ type: 'retried', id }).then(work),
    discard: (id: string) => keeper.happen({ type: 'discarded', id }),
  }
}
