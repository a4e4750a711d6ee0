import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nextMoment, type Item, type Outbox } from '@/field/outbox/machine'
import { sendAll, sendNext, SignedOut } from '@/field/outbox/sender'
import { entry, memory, photo, Server, type Fault } from './samples'

const FAULT = fc.constantFrom<Fault>('none', 'lost', 'answerLost', 'broken', 'twice')
const WRITTEN = fc.array(fc.record({ feature: fc.constantFrom('a', 'b', 'c'), photos: fc.integer({ min: 0, max: 2 }), bad: fc.boolean() }), { minLength: 1, maxLength: 8 })

function outboxOf(written: { feature: string; photos: number }[]): Item[] {
  let order = 0
  return written.flatMap(({ feature, photos }, number) => {
    const names = Array.from({ length: photos }, (_, nth) => `p${number}-${nth}`)
    return [...names.map((name) => photo(name, order++)), entry(`e${number}`, order++, { uid: feature, kind: 'transition', photos: names })]
  })
}

it('brings every record to the server exactly once, whatever the network does, and forgets none that was not received', async () => {
  await fc.assert(
    fc.asyncProperty(WRITTEN, fc.array(FAULT, { maxLength: 40 }), fc.array(fc.nat(60), { maxLength: 4 }), async (written, faults, crashes) => {
      const bad = new Set(written.flatMap((each, number) => (each.bad ? [`e${number}`] : [])))
      const server = new Server(bad)
      const keeper = memory(outboxOf(written))
      const transport = server.way([...faults])
      let now = 0
      for (let step = 0; step < 400; step++) {
        if (crashes.includes(step)) keeper.crash()
        const busy = await sendNext(keeper, transport, 'wang', { now: () => now, chance: () => 0.5 })
        const here = new Set([...keeper.outbox().map(({ id }) => id), ...server.events.keys()])
        if (written.some((_, number) => !here.has(`e${number}`))) throw new Error('a record is gone')
        if (!busy && nextMoment(keeper.outbox(), 'wang') === undefined) break
        if (!busy) now += 60_000
      }
      expect([...server.events.keys()].sort()).toEqual(written.map((_, number) => `e${number}`).filter((id) => !bad.has(id)).sort())
      expect(server.early).toEqual([])
      expect(keeper.outbox().flatMap((item) => (item.type === 'event' ? [[item.id, item.status]] : [])).sort()).toEqual([...bad].map((id) => [id, 'refused']).sort())
    }),
    { numRuns: 40 },
  )
})

it('believes no answer without a receipt of that very record', async () => {
  const keeper = memory([entry('e')])
  const lies = [
    { id: 'other', outcome: 'accepted', receipt: { event: 'e', hash: 'h', code: '', recorded_at: null } },
    { id: 'e', outcome: 'accepted', receipt: null },
    { id: 'e', outcome: 'repeated', receipt: { event: 'other', hash: 'h', code: '', recorded_at: null } },
    { id: 'e', outcome: 'refused', receipt: null },
  ] as const
  for (const [number, answer] of lies.entries()) {
    const transport = { photo: () => Promise.reject(new Error()), event: () => Promise.resolve({ ...answer }) }
    await sendNext(keeper, transport, 'wang', { now: () => 1e9 * (number + 1), chance: () => 0 })
    expect(keeper.outbox()).toMatchObject([{ id: 'e', status: 'waiting', tries: number + 1 }])
  }
})

it('spares the rest after three failures in a row, and goes on after fewer', async () => {
  const outbox = Array.from({ length: 9 }, (_, number) => entry(`e${number}`, number, { uid: `u${number}` }))
  const told = { code: '', recorded_at: null, hash: 'h' }
  for (const [course, tried] of [['xxx', 3], ['xx.xx.xxx', 9], ['x.xxx....', 5]] as const) {
    const keeper = memory(outbox)
    let asked = 0
    const event = ({ id }: Record<string, unknown>) =>
      course[asked++] === 'x' ? Promise.reject(new Error()) : Promise.resolve({ id: String(id), outcome: 'accepted' as const, receipt: { ...told, event: String(id) } })
    await sendAll(keeper, { photo: () => Promise.reject(new Error()), event }, 'wang', { now: () => 0, chance: () => 0 })
    expect([asked, keeper.outbox().length]).toEqual([tried, 9 - (course.slice(0, tried).match(/\./g)?.length ?? 0)])
  }
})

it('keeps everything when the session has ended', async () => {
  const keeper = memory([entry('e')])
  const transport = { photo: () => Promise.reject(new SignedOut()), event: () => Promise.reject(new SignedOut()) }
  await expect(sendNext(keeper, transport, 'wang', { now: () => 0, chance: () => 0 })).rejects.toThrow(SignedOut)
  expect(keeper.outbox() as Outbox).toMatchObject([{ id: 'e', status: 'waiting' }])
})
