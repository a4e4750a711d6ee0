import { describe, expect, it } from 'vitest'
import { addDays, addMonths, daysBetween, ticksOf, within } from '@/modules/time/days'

describe('days', () => {
  it.each([
    ['2021-01-31', 1, '2021-02-28'],
    ['2024-01-31', 1, '2024-02-29'],
    ['2024-03-31', -1, '2024-02-29'],
    ['2023-12-15', 1, '2024-01-15'],
    ['2021-01-01', -1, '2020-12-01'],
    ['2024-06-29', -12, '2023-06-29'],
  ])('%s and %i months is %s', (day, months, other) => {
    expect(addMonths(day, months)).toBe(other)
  })

  it('are counted over leap days', () => {
    expect(daysBetween('2024-02-28', '2024-03-01')).toBe(2)
    expect(addDays('2024-02-28', 2)).toBe('2024-03-01')
    expect(daysBetween('2021-01-01', '2024-06-29')).toBe(365 * 3 + 180)
  })

  it('stay between the first and the last', () => {
    const period = { first: '2021-01-01', last: '2024-06-29' }
    expect(within('2020-05-05', period)).toBe('2021-01-01')
    expect(within('2025-05-05', period)).toBe('2024-06-29')
    expect(within('2022-05-05', period)).toBe('2022-05-05')
  })

  it('are marked at each new year', () => {
    expect(ticksOf({ first: '2021-01-01', last: '2023-01-01' })).toEqual([
      { year: '2021', share: 0 },
      { year: '2022', share: 0.5 },
      { year: '2023', share: 1 },
    ])
    expect(ticksOf({ first: '2021-03-01', last: '2021-09-01' })).toEqual([])
  })
})
