import 'fake-indexeddb/auto'
import { expect, it, vi } from 'vitest'
import { deviceOf, isFull, noteDown, openDatabase, openKeeper, recall, remember, wipe } from '@/field/outbox/database'
import type { Outbox } from '@/field/outbox/machine'
import { entry, photo } from './samples'

it('finds after a crash what was written before, with its photo, and sends again what was on its way', async () => {
  const first = await openDatabase('crash')
  const keeper = await openKeeper(first, () => undefined)
  await keeper.queue([photo('p'), entry('e', 1, { photos: ['p'] })], new Map([['p', new Blob(['picture'])]]))
  await keeper.happen({ type: 'picked', id: 'p' })
  first.close()
  let seen: Outbox = []
  const second = await openDatabase('crash')
  const again = await openKeeper(second, (outbox) => (seen = outbox))
  expect(seen.map(({ id, status }) => [id, status]).sort()).toEqual([['e', 'waiting'], ['p', 'waiting']])
  await again.happen({ type: 'received', id: 'e', receipt: { event: 'e', hash: 'h', code: '', recorded_at: null } })
  expect(await second.getAllKeys('items')).toEqual([])
  expect(await second.getAllKeys('blobs')).toEqual([])
})

it('believes nothing that could not be written', async () => {
  const database = await openDatabase('full')
  const keeper = await openKeeper(database, () => undefined)
  const unwritable = { ...entry('e'), payload: { broken: () => undefined } }
  await expect(keeper.queue([unwritable], new Map())).rejects.toThrow()
  expect(keeper.outbox()).toEqual([])
  await keeper.queue([entry('f')], new Map())
  expect((await database.getAll('items')).map(({ id }) => id)).toEqual(['f'])
})

it('forgets everything of a revoked phone but its name and why', async () => {
  const database = await openDatabase('revoked')
  const device = await deviceOf(database)
  const keeper = await openKeeper(database, () => undefined)
  await keeper.queue([photo('p'), entry('e', 1, { photos: ['p'] })], new Map([['p', new Blob(['picture'])]]))
  await database.put('drafts', {}, 'l/u')
  await remember(database, 'token', 't')
  await wipe(database, keeper, { code: 'device_revoked', zh: '丢了', en: 'lost' })
  expect(keeper.outbox()).toEqual([])
  for (const store of ['items', 'blobs', 'drafts', 'features'] as const) expect(await database.count(store)).toBe(0)
  expect((await database.getAllKeys('meta')).sort()).toEqual(['device', 'revoked'])
  expect([await deviceOf(database), (await recall(database, 'revoked'))?.zh]).toEqual([device, '丢了'])
})

it('goes on sending on a full disk, and takes nothing new that it cannot keep', async () => {
  const database = await openDatabase('no room')
  const keeper = await openKeeper(database, () => undefined)
  await keeper.queue([photo('p'), entry('e', 1, { photos: ['p'] })], new Map([['p', new Blob(['picture'])]]))
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  await expect(keeper.queue([entry('f')], new Map())).rejects.toSatisfy(isFull)
  await noteDown(database, 'clock', 1)
  await expect(remember(database, 'clock', 1)).rejects.toSatisfy(isFull)
  await keeper.happen({ type: 'picked', id: 'p' })
  await keeper.happen({ type: 'kept', id: 'p', sha256: 'h' })
  await keeper.happen({ type: 'failed', id: 'e', now: 0, chance: 0 })
  expect(keeper.outbox().map(({ id, status, tries }) => [id, status, tries])).toEqual([['p', 'kept', 0], ['e', 'waiting', 1]])
  // What the service can be asked for again is lost with the page, and nothing else.
  const again = await openKeeper(database, () => undefined)
  expect(again.outbox().map(({ id, status }) => [id, status])).toEqual([['e', 'waiting'], ['p', 'waiting']])
  await keeper.happen({ type: 'received', id: 'e', receipt: { event: 'e', hash: 'h', code: '', recorded_at: null } })
  put.mockRestore()
  expect([await database.count('items'), await database.count('blobs')]).toEqual([0, 0])
})
