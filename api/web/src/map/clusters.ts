/** Circles that stand for many points at low zooms: no features, so that a click on one goes closer. */
import type { LayerSpecification, Map as MapLibreMap, StyleSpecification } from 'maplibre-gl'
import type { Position2 } from '@/client'

export interface Cluster {
  place: Position2
  /** From this zoom on each of its points is drawn by itself. */
  standsUpTo: number
}

/** Whether a style layer draws such circles. */
export function drawsClusters(layer: LayerSpecification): boolean {
  const metadata = layer.metadata as Record<string, unknown> | undefined
  return metadata?.['yzgeo:cluster'] === true
}

/** The zoom after a click: two steps at a time, and no farther than to where points stand by themselves. */
export function closer(zoom: number, standsUpTo: number): number {
  return Math.min(Math.floor(zoom) + 2, Math.max(standsUpTo, zoom + 1))
}

export function clusterAt(map: MapLibreMap, { x, y }: { x: number; y: number }, style: StyleSpecification): Cluster | null {
  const layers = style.layers.filter((layer) => layer.type === 'circle' && drawsClusters(layer) && map.getLayer(layer.id))
  if (layers.length === 0) return null
  const [top] = map.queryRenderedFeatures([x, y], { layers: layers.map(({ id }) => id) })
  if (top?.geometry.type !== 'Point') return null
  const [longitude = 0, latitude = 0] = top.geometry.coordinates
  return { place: [longitude, latitude], standsUpTo: top.layer.maxzoom ?? map.getMaxZoom() }
}

/** Go closer to the circle at a place; false if there is none. */
export function enterCluster(map: MapLibreMap, point: { x: number; y: number }, style: StyleSpecification): boolean {
  const circle = clusterAt(map, point, style)
  if (!circle) return false
  map.easeTo({ center: circle.place, zoom: closer(map.getZoom(), circle.standsUpTo), duration: 400 })
  return true
}
