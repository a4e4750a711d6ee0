import { describe, expect, it } from 'vitest'
import { boundsOf } from '@/map/bounds'

describe('bounds', () => {
  it('hold every part', () => {
    expect(boundsOf({ type: 'Point', coordinates: [123.8, 42.3] })).toEqual([123.8, 42.3, 123.8, 42.3])
    expect(boundsOf({ type: 'MultiLineString', coordinates: [[[1, 5], [2, 3]], [[-1, 4], [0, 9]]] })).toEqual([-1, 3, 2, 9])
    expect(boundsOf({ type: 'GeometryCollection', geometries: [{ type: 'Point', coordinates: [1, 2] }, { type: 'Point', coordinates: [3, 0] }] })).toEqual([1, 0, 3, 2])
  })

  it('are none for an empty geometry', () => {
    expect(boundsOf({ type: 'MultiPoint', coordinates: [] })).toBeNull()
  })
})
