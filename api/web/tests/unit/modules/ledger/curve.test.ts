import { describe, expect, it } from 'vitest'
import type { Curve } from '@/modules/ledger/api'
import { linesOf } from '@/modules/ledger/curve'

function curve(forecast: Partial<Curve['forecast']>, change: Partial<Curve> = {}): Curve {
  return {
    days: ['2021-01-01', '2023-01-01', '2025-12-31'],
    delivered: [0, 20, null],
    scheduled: [0, 30, 63],
    line: [0, 25.2, 63],
    at: '2023-01-01',
    total: 63,
    forecast: { finish: null, earliest: null, latest: null, ...forecast },
    ...change,
  } as Curve
}

describe('the lines of a curve', () => {
  it('end where nothing is known, and the forecast goes on from there to the whole', () => {
    const lines = linesOf(curve({ finish: '2027-02-03', earliest: '2026-01-01', latest: '2029-12-31' }))
    expect(lines.delivered).toEqual([['2021-01-01', 0], ['2023-01-01', 20]])
    expect(lines.scheduled).toHaveLength(3)
    expect(lines.forecast).toEqual([['2023-01-01', 20], ['2027-02-03', 63]])
    expect(lines.latest).toEqual([['2023-01-01', 20], ['2029-12-31', 63]])
  })

  it('leave out what has no day, what lies decades away and what is delivered', () => {
    const lines = linesOf(curve({ finish: '2027-02-03', latest: '2115-10-07' }))
    expect(lines.earliest).toEqual([])
    expect(lines.latest).toEqual([])
    expect(linesOf(curve({ finish: '2024-01-01' }, { delivered: [0, 63, null] })).forecast).toEqual([])
  })
})
