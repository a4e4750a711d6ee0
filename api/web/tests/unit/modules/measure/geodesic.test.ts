import { describe, expect, it } from 'vitest'
import { geodesicArea, geodesicLength } from '@/modules/measure/geodesic'

const SEMI_MAJOR_M = 6378137

describe('geodesics on CGCS2000', () => {
  it('along the equator are arcs of the semi-major axis', () => {
    expect(geodesicLength([[0, 0], [1, 0]])).toBeCloseTo((SEMI_MAJOR_M * Math.PI) / 180, 3)
  })

  it('add up over the points', () => {
    const [a, b, c] = [[123.84, 42.29], [123.85, 42.29], [123.85, 42.3]] as [[number, number], [number, number], [number, number]]
    expect(geodesicLength([a, b, c])).toBeCloseTo(geodesicLength([a, b]) + geodesicLength([b, c]), 6)
  })

  it('give a small square its plane area, whichever way it is drawn', () => {
    // 100 m squared: one degree of latitude is 111,082 m at 42.29° N, one of longitude 82,470 m.
    const north = 100 / 111082
    const east = 100 / 82470
    const ring: [number, number][] = [[123.84, 42.29], [123.84 + east, 42.29], [123.84 + east, 42.29 + north], [123.84, 42.29 + north]]
    expect(geodesicArea(ring).area).toBeGreaterThan(9980)
    expect(geodesicArea(ring).area).toBeLessThan(10020)
    expect(geodesicArea([...ring].reverse()).area).toBeCloseTo(geodesicArea(ring).area, 6)
    expect(geodesicArea(ring).perimeter).toBeGreaterThan(399)
  })
})
