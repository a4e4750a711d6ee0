import { describe, expect, it } from 'vitest'
import type { Homes } from '@/modules/coverage'
import { marksOf, movedByOffice, proposalChange } from '@/modules/scenarios/compare'
import { benefitRows } from '@/modules/scenarios/sheet'

const ROWS: [uid: string, office: string, people: number | null, before: boolean, after: boolean][] = [
  ['stays', 'east', 5, true, true],
  ['enters', 'east', 10, false, true],
  ['enters-too', 'east', null, false, true],
  ['leaves', 'west', 7, true, false],
  ['never', 'west', 9, false, false],
]
const HOMES = {
  type: 'FeatureCollection',
  features: ROWS.map(([uid, subdistrict, people, before_covered, covered]) => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [0, 0] },
    properties: { uid, subdistrict, people, before_covered, covered },
  })),
} as unknown as Homes

describe('who moves', () => {
  it('is read from a proposal that carries its own before', () => {
    expect(proposalChange(HOMES)).toEqual({ uids_in: ['enters', 'enters-too'], uids_out: ['leaves'] })
  })

  it('is marked on the map', () => {
    expect(marksOf(HOMES, proposalChange(HOMES))).toEqual([1, 2, 2, 3, 0])
  })

  it('is added up by street office, and saved as the same figures', () => {
    const moved = movedByOffice(HOMES, marksOf(HOMES, proposalChange(HOMES)), new Map([['east', '东街道']]))
    expect(moved).toEqual([
      { code: 'east', name: '东街道', peopleIn: 10, peopleOut: 0, buildingsIn: 2, buildingsOut: 0 },
      { code: 'west', name: 'west', peopleIn: 0, peopleOut: 7, buildingsIn: 0, buildingsOut: 1 },
    ])
    expect(benefitRows(moved)).toEqual([['east', '东街道', 2, 10, 0, 0], ['west', 'west', 0, 0, 1, 7]])
  })
})
