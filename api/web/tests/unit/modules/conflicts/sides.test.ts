import { describe, expect, it } from 'vitest'
import type { Side } from '@/modules/conflicts/api'
import { photosIn, placeOf, rowsOf, wordsIn } from '@/modules/conflicts/sides'

const STAGES = { signing: '签约', vacated: '搬迁腾空', suspended: '暂停' } as const

function side(stage: keyof typeof STAGES, on: string, measures: Record<string, number> = {}, revision: number | null = 1): Side {
  return {
    revision, deleted: false, stage: { id: stage, label: { zh: STAGES[stage], en: stage }, on },
    measures: Object.entries(measures).map(([field, value]) => ({ field, title: { zh: field, en: field }, unit: 'm2', value })),
  }
}

describe('the rows of a conflict', () => {
  it('mark what phone and office changed, each against the state before', () => {
    const rows = rowsOf({ before: side('signing', '2024-01-01', { area: 10 }), phone: side('vacated', '2024-06-01', { area: 10 }, null), office: side('suspended', '2024-05-01', { area: 15 }) })
    expect(rows.map(({ what, cells }) => [what, ...cells.map((cell) => cell?.changed)])).toEqual([
      ['stage', false, true, true],
      ['since', false, true, true],
      ['measure', false, false, true],
    ])
    expect(rows[0]?.cells[1]?.value).toEqual({ zh: '搬迁腾空', en: 'vacated' })
  })

  it('show a quantity that only one side knows as missing on the others', () => {
    const rows = rowsOf({ before: side('signing', '2024-01-01'), phone: side('signing', '2024-01-01', { households: 3 }, null), office: side('signing', '2024-01-01') })
    expect(rows.find(({ field }) => field === 'households')?.cells).toEqual([{ value: null, changed: false }, { value: 3, changed: true }, { value: null, changed: false }])
  })

  it('leave the office empty where the reader may not see it', () => {
    const rows = rowsOf({ before: side('signing', '2024-01-01'), phone: side('vacated', '2024-06-01', {}, null), office: null })
    expect(rows.every(({ cells }) => cells[2] === null)).toBe(true)
  })
})

describe('a record', () => {
  const sha = 'ab'.repeat(32)

  it('names its pictures wherever it keeps them, each once', () => {
    expect(photosIn({ evidence: [sha, sha], attachment: 'cd'.repeat(32), text: 'abc' })).toEqual([sha, 'cd'.repeat(32)])
    expect(photosIn({ to: 'vacated' })).toEqual([])
  })

  it('says its words and its place, if it has any', () => {
    expect(wordsIn({ payload: { to: 'suspended', reason: '下雨', caption: '东门' } })).toEqual(['下雨', '东门'])
    expect(wordsIn({})).toEqual([])
    expect(placeOf({ place: { lon: 123.7, lat: 42.3, accuracy_m: null } })).toEqual({ lon: 123.7, lat: 42.3, accuracy_m: null })
    expect(placeOf({ place: null })).toBeNull()
  })
})
