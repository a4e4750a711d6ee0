import { describe, expect, it } from 'vitest'
import { filtersOf } from '@/modules/scenarios/choices'

describe('filters of a choice', () => {
  it('are one for each combination of values', () => {
    expect(filtersOf({ layer: 'x', where: { kind: ['a', 'b'], use: ['c'] }, stages: ['done'] })).toEqual([
      { kind: 'a', use: 'c', stage: 'done' },
      { kind: 'b', use: 'c', stage: 'done' },
    ])
  })

  it('ask for the whole layer where nothing is said', () => {
    expect(filtersOf({ layer: 'x', where: {}, stages: [] })).toEqual([{}])
  })
})
