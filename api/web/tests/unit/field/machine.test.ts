import { describe, expect, it } from 'vitest'
import { after, bodyOf, next, tally, waitAfter, waitingOf, type Outbox } from '@/field/outbox/machine'
import { entry, photo } from './samples'

const RECEIPT = { event: 'e', hash: 'h', code: 'C', recorded_at: null }

describe('what may be forgotten', () => {
  it('is only what has a receipt of its own, and its photos with it', () => {
    const outbox: Outbox = [photo('p'), photo('q'), entry('e', 1, { photos: ['p'] }), entry('f', 2, { photos: ['q'] })]
    expect(after(outbox, { type: 'received', id: 'e', receipt: { ...RECEIPT, event: 'f' } })).toEqual(outbox)
    expect(after(outbox, { type: 'received', id: 'e', receipt: { ...RECEIPT, hash: '' } })).toEqual(outbox)
    expect(after(outbox, { type: 'received', id: 'e', receipt: RECEIPT }).map(({ id }) => id)).toEqual(['q', 'f'])
  })

  it('keeps a refused record with its reason', () => {
    const [kept] = after([entry('e')], { type: 'turnedDown', id: 'e', reason: { code: 'x', zh: '不行', en: 'no' }, conflict: true })
    expect(kept).toMatchObject({ status: 'conflict', reason: { zh: '不行' } })
  })
})

describe('what is sent next', () => {
  it('is a photo before the entry that names it', () => {
    const outbox: Outbox = [photo('p', 0), entry('e', 1, { kind: 'transition', photos: ['p'], payload: { to: 'cleared' } })]
    expect(next(outbox, 'wang', 0)?.id).toBe('p')
    const kept = after(outbox, { type: 'kept', id: 'p', sha256: 's' })
    const entryNow = next(kept, 'wang', 0)
    expect(entryNow?.id).toBe('e')
    expect(entryNow?.type === 'event' && bodyOf(entryNow, kept).payload).toEqual({ to: 'cleared', evidence: ['s'] })
  })

  it('is nothing of another account, and nothing while one is on its way', () => {
    expect(next([entry('e')], 'zhao', 0)).toBeUndefined()
    expect(next(after([entry('e'), entry('f', 1)], { type: 'picked', id: 'e' }), 'wang', 0)).toBeUndefined()
  })

  it('keeps the order of one feature and does not hold up the others', () => {
    const outbox = after([entry('e', 0), entry('f', 1), entry('g', 2, { uid: 'b' })], { type: 'failed', id: 'e', now: 0, chance: 0 })
    expect(next(outbox, 'wang', 0)?.id).toBe('g')
    expect(next(outbox, 'wang', waitAfter(1, 0))?.id).toBe('e')
    const refused = after(outbox, { type: 'turnedDown', id: 'e', reason: { code: 'x', zh: '', en: '' }, conflict: false })
    expect(next(refused, 'wang', 0)?.id).toBe('f')
  })
})

it('waits longer after every failure, two minutes at most', () => {
  expect([1, 2, 3].map((tries) => waitAfter(tries, 0))).toEqual([500, 1000, 2000])
  expect(waitAfter(40, 0.999)).toBeLessThanOrEqual(120_000)
})

it('counts what waits, what was refused and the photos that arrived', () => {
  const outbox = after([photo('p'), photo('q'), entry('e')], { type: 'kept', id: 'p', sha256: 's' })
  expect(tally(outbox, 'wang')).toEqual({ waiting: 1, refused: 0, conflicts: 0, photos: { kept: 1, total: 2 } })
})

it('counts by feature what is still to be sent, and not what waits for people', () => {
  const outbox: Outbox = [photo('p'), entry('e', 1), entry('f', 2), entry('g', 3, { uid: 'other' }), entry('h', 4, { status: 'conflict' }), entry('i', 5, { status: 'sending' })]
  expect([...waitingOf(outbox).values()]).toEqual([3, 1])
  expect(waitingOf([entry('h', 4, { status: 'refused' })]).size).toBe(0)
})
