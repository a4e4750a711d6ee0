/** Lists of changes: what is on, what is added, without ever changing a list in place. */
import type { Circle } from '@/modules/coverage'
import type { Change } from './api'

export function isOpened(changes: readonly Change[], uid: string): boolean {
  return changes.some((change) => change.kind === 'open_road' && change.uid === uid)
}

export function withRoad(changes: readonly Change[], uid: string, open: boolean): Change[] {
  const others = changes.filter((change) => !(change.kind === 'open_road' && change.uid === uid))
  return open ? [...others, { kind: 'open_road', uid }] : others
}

export function without(changes: readonly Change[], at: number): Change[] {
  return changes.filter((_, position) => position !== at)
}

/** What a new facility must be so that the circle counts it. */
function countedBy(circle: Circle, layer: string): Record<string, unknown> {
  const rule = circle.facility.where.find((one) => one.layer === layer) ?? {}
  return Object.fromEntries(
    Object.entries(rule)
      .filter(([field]) => field !== 'layer')
      .map(([field, values]) => [field, Array.isArray(values) ? values[0] : values]),
  )
}

export function withFacility(changes: readonly Change[], circle: Circle, place: readonly number[]): Change[] {
  const [layer] = circle.facility.layers
  if (layer === undefined) return [...changes]
  const [lon = NaN, lat = NaN] = place.map((value) => Number(value.toFixed(6)))
  return [...changes, { kind: 'add_facility', layer, lon, lat, properties: countedBy(circle, layer) }]
}

export function withParcel(changes: readonly Change[], circle: Circle, uid: string): Change[] {
  const [layer] = circle.facility.layers
  if (layer === undefined || changes.some((change) => change.kind === 'reuse_parcel' && change.uid === uid)) return [...changes]
  return [...changes, { kind: 'reuse_parcel', uid, as_layer: layer, properties: countedBy(circle, layer) }]
}
