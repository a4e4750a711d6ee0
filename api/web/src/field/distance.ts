/** How far a person stands from a feature, on a plane that is good for a district. */
import type { Geometry, Position } from 'geojson'

const METRES_PER_DEGREE = 111_320

type Point = readonly [number, number]

/** Metres to the nearest part of a geometry; 0 inside an area. */
export function distanceTo(geometry: Geometry | null, lon: number, lat: number): number | null {
  if (!geometry) return null
  const shrink = Math.cos((lat * Math.PI) / 180)
  const local = ([x = 0, y = 0]: Position): Point => [(x - lon) * METRES_PER_DEGREE * shrink, (y - lat) * METRES_PER_DEGREE]
  const found = nearest(geometry, local)
  return Number.isFinite(found) ? found : null
}

function nearest(geometry: Geometry, local: (position: Position) => Point): number {
  switch (geometry.type) {
    case 'Point':
      return Math.hypot(...local(geometry.coordinates))
    case 'MultiPoint':
      return least(geometry.coordinates.map((each) => Math.hypot(...local(each))))
    case 'LineString':
      return toLine(geometry.coordinates.map(local))
    case 'MultiLineString':
      return least(geometry.coordinates.map((line) => toLine(line.map(local))))
    case 'Polygon':
      return toArea(geometry.coordinates.map((ring) => ring.map(local)))
    case 'MultiPolygon':
      return least(geometry.coordinates.map((area) => toArea(area.map((ring) => ring.map(local)))))
    case 'GeometryCollection':
      return least(geometry.geometries.map((each) => nearest(each, local)))
  }
}

function least(values: number[]): number {
  return Math.min(Infinity, ...values)
}

function toLine(line: Point[]): number {
  return least(line.slice(1).map((end, index) => toSegment(line[index] as Point, end)))
}

function toArea(rings: Point[][]): number {
  return rings.filter(surrounds).length % 2 === 1 ? 0 : least(rings.map(toLine))
}

function toSegment([ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay]
  const length = dx * dx + dy * dy
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / length))
  return Math.hypot(ax + share * dx, ay + share * dy)
}

/** Whether a ring lies around the origin. */
function surrounds(ring: Point[]): boolean {
  let inside = false
  ring.forEach(([bx, by], index) => {
    const [ax, ay] = ring.at(index - 1) as Point
    if (ay > 0 !== by > 0 && ax - (ay * (bx - ax)) / (by - ay) > 0) inside = !inside
  })
  return inside
}
