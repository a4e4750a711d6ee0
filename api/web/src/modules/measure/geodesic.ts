/**
 * Length and area on the ellipsoid, not on the screen.
 *
 * The map is drawn in Web Mercator, which is 1.35 times too long at 42° N; geodesics of CGCS2000 are what a surveyor
 * would get.
 */
import geodesicLibrary from 'geographiclib-geodesic'
import type { Position2 } from '@/client'

const CGCS2000 = new geodesicLibrary.Geodesic.Geodesic(6378137, 1 / 298.257222101)

export function geodesicLength(points: readonly Position2[]): number {
  return measure(points, true).perimeter
}

/** Area and perimeter of the ring that the points close. */
export function geodesicArea(points: readonly Position2[]): { area: number; perimeter: number } {
  const { area, perimeter } = measure(points, false)
  return { area: Math.abs(area ?? 0), perimeter }
}

function measure(points: readonly Position2[], open: boolean): { perimeter: number; area?: number } {
  const polygon = CGCS2000.Polygon(open)
  for (const [longitude, latitude] of points) polygon.AddPoint(latitude, longitude)
  return polygon.Compute(false, true)
}
