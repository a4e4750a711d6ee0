import { describe, expect, it } from 'vitest'
import { EMPTY, sketchData } from '@/map/overlays'

describe('the sketch being measured', () => {
  it('is nothing before the first point', () => {
    expect(sketchData(null)).toBe(EMPTY)
    expect(sketchData({ kind: 'area', points: [] })).toBe(EMPTY)
  })

  it('is a line, or a closed ring from three points on', () => {
    const kinds = (kind: 'distance' | 'area', count: number) =>
      sketchData({ kind, points: ([[0, 0], [1, 0], [1, 1]] as [number, number][]).slice(0, count) }).features.map(({ geometry }) => geometry.type)
    expect(kinds('distance', 3)).toEqual(['LineString', 'Point', 'Point', 'Point'])
    expect(kinds('area', 2)).toEqual(['LineString', 'Point', 'Point'])
    expect(kinds('area', 3)).toEqual(['Polygon', 'Point', 'Point', 'Point'])
  })
})
