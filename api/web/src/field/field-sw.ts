/**
 * The worker behind the phone page: keeps the page for the time without signal, and sends what waits when the browser
 * says that there is signal again, the page being closed.
 */
import { addPlugins, cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute, type PrecacheEntry } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { alone, LOCK } from './outbox/browser'
import { addressesIn, deviceOf, noteDown, openDatabase, openKeeper, recall } from './outbox/database'
import { sendAll } from './outbox/sender'
import { call, setDevice } from './outbox/service'
import { openTransport } from './outbox/transport'
import type { Account } from './types'

interface Extended extends EventTarget {
  __WB_MANIFEST: PrecacheEntry[]
  skipWaiting(): Promise<void>
  clients: { claim(): Promise<void>; matchAll(options: { type: 'window' }): Promise<{ postMessage(message: unknown): void; visibilityState: string }[]> }
}

interface Extendable extends Event {
  tag?: string
  waitUntil(work: Promise<unknown>): void
}

declare const self: Extended

// The service varies its answers by Accept and Cookie. The files of the page are the same for everyone, and a navigation
// asks with another Accept than the worker did: kept with `Vary`, nothing would be found when there is no signal.
addPlugins([
  {
    cacheWillUpdate: async ({ response }) => {
      if (response.status !== 200) return null
      const told = new Headers(response.headers)
      told.delete('vary')
      return new Response(response.body, { status: 200, headers: told })
    },
  },
])
precacheAndRoute(self.__WB_MANIFEST, { ignoreURLParametersMatching: [/./] })
cleanupOutdatedCaches()
registerRoute(new NavigationRoute(createHandlerBoundToURL('/field.html'), { allowlist: [/^\/field(\?|$)/] }))

self.addEventListener('install', () => void self.skipWaiting())
self.addEventListener('activate', (event) => (event as Extendable).waitUntil(self.clients.claim()))
self.addEventListener('sync', (event) => {
  const { tag, waitUntil } = event as Extendable
  if (tag === LOCK) waitUntil.call(event, send())
})

/** A page that is seen sends itself. What is left over is asked for again by the browser: hence the throw. */
async function send(): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window' })
  if (pages.some(({ visibilityState }) => visibilityState === 'visible')) return pages.forEach((page) => page.postMessage(LOCK))
  await alone(drain)
}

async function drain(): Promise<void> {
  const database = await openDatabase()
  try {
    setDevice(await deviceOf(database))
    const owner = (await recall(database, 'account'))?.name
    const answer = await call('/api/auth/me')
    const { name } = (await answer.json()) as Account
    if (!owner || name !== owner) return
    const clock = (await recall(database, 'clock')) ?? 0
    const keeper = await openKeeper(database, () => undefined)
    const transport = openTransport({ blobOf: (id) => database.get('blobs', id), addresses: addressesIn(database), heard: () => undefined })
    const received = (_: unknown, { receipt }: { receipt: { event: string; hash: string; code: string; recorded_at: string | null } | null }) =>
      void (receipt && noteDown(database, 'receipt', { ...receipt, at: new Date(Date.now() + clock).toISOString() }))
    await sendAll(keeper, transport, owner, { now: Date.now, chance: Math.random, received })
    if (keeper.outbox().some((item) => item.owner === owner && item.status === 'waiting')) throw new Error('some wait still')
  } finally {
    database.close()
  }
}
