import { describe, expect, it } from 'vitest'
import type { OfferedMove, StoryEvent } from '@/modules/progress/api'
import { contentsOf, dayIn, gapsOf, mayCorrect, momentOf, momentText, newId, quantityFits, type Form, type Task } from '@/modules/progress/entry'

const NOON = new Date('2026-11-24T04:00:00Z')

function form(change: Partial<Form> = {}): Form {
  return { day: '2026-11-24', text: '', quantities: {}, photos: [], ...change }
}

function move(change: Partial<OfferedMove> = {}): Task {
  const label = { zh: '拆除', en: 'Demolished' }
  return { kind: 'transition', move: { to: 'demolished', label, kind: 'forward', evidence: false, second_person: false, reason: false, ...change } }
}

describe('days and moments', () => {
  it('go by the clock of the district, eight hours ahead of Greenwich', () => {
    expect(dayIn(new Date('2026-11-23T15:59:59Z'))).toBe('2026-11-23')
    expect(dayIn(new Date('2026-11-23T16:00:00Z'))).toBe('2026-11-24')
    expect(momentText('2021-12-08T04:09:00+00:00')).toBe('2021-12-08 12:09')
    expect(momentText('2024-06-11T20:30:00Z')).toBe('2024-06-12 04:30')
  })

  it('make an entry of today speak of this moment, one of an earlier day of its noon', () => {
    expect(momentOf('2026-11-24', NOON)).toBe('2026-11-24T04:00:00.000Z')
    expect(momentOf('2026-11-20', NOON)).toBe('2026-11-20T12:00:00+08:00')
  })
})

it('an id is a UUID of version 4, never the same', () => {
  const ids = Array.from({ length: 500 }, newId)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set(ids).size).toBe(500)
})

describe('what is sent', () => {
  it('of a move: where to, and only what was given', () => {
    expect(contentsOf(move(), form())).toEqual([{ kind: 'transition', payload: { to: 'demolished' } }])
    expect(contentsOf(move(), form({ text: ' 已拆 ', photos: ['ab'] }))).toEqual([
      { kind: 'transition', payload: { to: 'demolished', reason: '已拆', evidence: ['ab'] } },
    ])
  })

  it('of quantities: numbers, without the fields left empty', () => {
    const typed = form({ quantities: { households_signed: '12', cleared_m2: ' ', households_relocated: '0' } })
    expect(contentsOf({ kind: 'measure' }, typed)).toEqual([
      { kind: 'measure', payload: { households_signed: 12, households_relocated: 0 } },
    ])
  })

  it('of photos: an entry for each', () => {
    expect(contentsOf({ kind: 'photo' }, form({ photos: ['ab', 'cd'], text: '东侧' }))).toEqual([
      { kind: 'photo', payload: { attachment: 'ab', caption: '东侧' } },
      { kind: 'photo', payload: { attachment: 'cd', caption: '东侧' } },
    ])
  })

  it('of a correction: the entry it takes back', () => {
    expect(contentsOf({ kind: 'correction', event: { id: 'e1' } as StoryEvent }, form({ text: '填错地块' }))).toEqual([
      { kind: 'correction', payload: { cancels: 'e1', reason: '填错地块' } },
    ])
  })
})

describe('what is missing', () => {
  it.each([
    [move(), form(), []],
    [move({ evidence: true }), form(), ['evidence']],
    [move({ evidence: true }), form({ photos: ['ab'] }), []],
    [move({ reason: true }), form({ text: '  ' }), ['reason']],
    [{ kind: 'correction', event: {} as StoryEvent } as Task, form(), ['reason']],
    [{ kind: 'note' } as Task, form(), ['text']],
    [{ kind: 'photo' } as Task, form(), ['photo']],
    [{ kind: 'measure' } as Task, form({ quantities: { a: '' } }), ['quantity']],
    [move(), form({ day: '2026-11-25' }), ['future']],
  ])('%o with %o', (task, given, gaps) => {
    expect(gapsOf(task, given, NOON)).toEqual(gaps)
  })

  it.each([
    ['', true],
    ['46', true],
    ['45', false],
    ['50', true],
    ['51', false],
    ['many', false],
  ])('a quantity of %s between 46 and 50 fits: %s', (typed, fits) => {
    const measure = { field: 'a', title: { zh: '', en: '' }, unit: null, value: 46, limit: 50 }
    expect(quantityFits(typed, measure)).toBe(fits)
  })
})

describe('who may correct', () => {
  const event = { kind: 'transition', actor: 'lin', cancelled: false, replaced: false } as StoryEvent

  it.each([
    [{}, 'lin', 'field', true],
    [{}, 'wang', 'field', false],
    [{}, 'wang', 'planner', false],
    [{}, 'wang', 'bureau', true],
    [{ cancelled: true }, 'lin', 'field', false],
    [{ kind: 'opening' as const }, 'lin', 'admin', false],
    [{ kind: 'correction' as const }, 'lin', 'admin', false],
  ])('%o by %s (%s): %s', (change, name, role, may) => {
    expect(mayCorrect({ ...event, ...change }, { name, role })).toBe(may)
  })
})
