import { describe, expect, it } from 'vitest'
import { answerAt, gapsOf, limitOf, type HomeProperties } from '@/modules/coverage/answer'
import type { Homes } from '@/modules/coverage/api'

/** Three homes of one office, one of another; the last has no way at all. */
const ROWS: [string, string | null, number | null, number | null, number | null, number][] = [
  // uid, office, people, dwellings, along the streets, straight
  ['a', 'east', 10, 4, 300, 250],
  ['b', 'east', 20, null, 500, 480],
  ['c', 'east', null, 6, 500.5, 400],
  ['d', 'west', 70, 30, null, 100],
]

function homes(): Homes {
  return {
    type: 'FeatureCollection',
    features: ROWS.map(([uid, subdistrict, people, dwellings, distance_m, straight_m], at) => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [at, at] },
      properties: {
        uid, subdistrict, people, dwellings, distance_m, straight_m,
        community: null, limit_m: 500, covered: uid === 'a', straight_covered: true,
        minutes: null, reason: distance_m === null ? 'other_component' : null, facility_uid: 'f',
      } satisfies HomeProperties,
    })),
  }
}

const NAMES = new Map([['east', '东街道'], ['west', '西街道']])

describe('answerAt', () => {
  it('counts a home at exactly the limit, and leaves out what nobody knows', () => {
    const { shares, straight, covered } = answerAt(homes(), 500, NAMES)
    expect(covered).toEqual([true, true, false, false])
    expect(shares.people).toEqual({ covered: 30, total: 100, share: 30 })
    expect(shares.dwellings).toEqual({ covered: 4, total: 40, share: 10 })
    expect(shares.buildings).toEqual({ covered: 2, total: 4, share: 50 })
    expect(straight.buildings.share).toBe(100)
  })

  it('leaves the decision of the run alone while the sliders have not moved', () => {
    expect(answerAt(homes(), null, NAMES).covered).toEqual([true, false, false, false])
  })

  it('never covers fewer at a longer limit, and never one without a way', () => {
    const counts = [0, 250, 300, 499.999, 500, 500.5, 1e9].map((limit) => answerAt(homes(), limit, NAMES).covered.filter(Boolean).length)
    expect(counts).toEqual([0, 0, 1, 1, 2, 3, 3])
  })

  it('adds up by street office, the least covered first', () => {
    const rows = answerAt(homes(), 500, NAMES).bySubdistrict
    expect(rows.map(({ name, buildings }) => [name, buildings.covered, buildings.total])).toEqual([['西街道', 0, 1], ['东街道', 2, 3]])
  })

  it('says that it does not know where every weight is withheld', () => {
    const withheld = homes()
    for (const { properties } of withheld.features) properties.people = null
    expect(answerAt(withheld, 500, NAMES).shares.people).toEqual({ covered: null, total: null, share: null })
  })
})

describe('gapsOf', () => {
  it('lists who is left out by office, the worst off first and those without a way in front', () => {
    const all = homes()
    const offices = gapsOf(all, answerAt(all, 400, NAMES), NAMES)
    expect(offices.map(({ name, people }) => [name, people])).toEqual([['东街道', 20], ['西街道', 70]])
    expect(offices[0]?.gaps.map(({ home, gapM }) => [home.uid, gapM])).toEqual([['c', 100.5], ['b', 100]])
    expect(offices[1]?.gaps.map(({ gapM }) => gapM)).toEqual([null])
  })
})

describe('limitOf', () => {
  it('is ten minutes at five kilometres an hour', () => {
    expect(limitOf(10, 5)).toBeCloseTo(833.333, 3)
  })
})
