/** Boxes in degrees, longitude first. */
import type { Geometry } from 'geojson'
import type { Bounds } from '@/client'

export function boundsOf(geometry: Geometry): Bounds | null {
  const box: Bounds = [Infinity, Infinity, -Infinity, -Infinity]
  extend(box, geometry)
  return box[0] <= box[2] ? box : null
}

function extend(box: Bounds, geometry: Geometry): void {
  if (geometry.type === 'GeometryCollection') {
    for (const part of geometry.geometries) extend(box, part)
    return
  }
  extendByCoordinates(box, geometry.coordinates)
}

function extendByCoordinates(box: Bounds, coordinates: unknown): void {
  if (!Array.isArray(coordinates)) return
  const [x, y] = coordinates as unknown[]
  if (typeof x === 'number' && typeof y === 'number') {
    box[0] = Math.min(box[0], x)
    box[1] = Math.min(box[1], y)
    box[2] = Math.max(box[2], x)
    box[3] = Math.max(box[3], y)
    return
  }
  for (const part of coordinates as unknown[]) extendByCoordinates(box, part)
}
