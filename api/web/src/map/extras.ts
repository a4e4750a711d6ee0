/** What modules of the page draw over the district: each owns one entry by name, and the map keeps it across styles. */
import type { GeoJSONSource, LayerSpecification, Map as MapLibreMap, MapGeoJSONFeature, SourceSpecification } from 'maplibre-gl'
import { shallowReactive } from 'vue'
import type { Bounds, Position2 } from '@/client'

/** A colour and what it means. */
export interface LegendMark {
  label: string
  symbol: string
  color: string
  outline?: string | null
  dash?: readonly number[] | null
}

export interface MapExtra {
  /** Names are prefixed with the owner's by the owner: all modules share one map. */
  sources: Readonly<Record<string, SourceSpecification>>
  layers: readonly LayerSpecification[]
  /** Where a click hits one of `layers`; true means the click is dealt with. */
  onClick?: (features: readonly MapGeoJSONFeature[], place: Position2) => boolean
  /** While it is there, every click is a place for its owner and nothing is selected. */
  onPlace?: (place: Position2) => void
  /** Where the pointer is over one of `layers`; an empty list when it has left. */
  onHover?: (features: readonly MapGeoJSONFeature[]) => void
  /** What its colours mean, for a picture of the map; the words are keys of texts. */
  legend?: { title: string; items: readonly LegendMark[] }
}

export const extras = shallowReactive(new Map<string, MapExtra>())

/** Draw, replace or (with null) remove what a module shows on the map. */
export function setExtra(owner: string, extra: MapExtra | null): void {
  if (extra) extras.set(owner, extra)
  else extras.delete(owner)
}

export function legendOfExtras(): NonNullable<MapExtra['legend']>[] {
  return [...extras.values()].flatMap(({ legend }) => legend ?? [])
}

/** A wish of a module to see a place; the map grants the latest one. */
export const wish = shallowReactive<{ bounds: Bounds | null }>({ bounds: null })

export function showBounds(bounds: Bounds): void {
  wish.bounds = [...bounds]
}

/** Steps from what the map has of the extras to what it should have, in the order to take them. */
export interface ExtraSteps {
  removedLayers: string[]
  removedSources: string[]
  changedData: [source: string, specification: SourceSpecification][]
  addedSources: [source: string, specification: SourceSpecification][]
  addedLayers: LayerSpecification[]
}

/** Data of a GeoJSON source changes in place; anything else of an owner that changed is made anew. */
export function stepsBetween(before: ReadonlyMap<string, MapExtra>, after: ReadonlyMap<string, MapExtra>): ExtraSteps {
  const steps: ExtraSteps = { removedLayers: [], removedSources: [], changedData: [], addedSources: [], addedLayers: [] }
  for (const [owner, old] of before) {
    const next = after.get(owner)
    if (next === old) continue
    if (next && sameShape(old, next)) {
      for (const [name, source] of Object.entries(next.sources)) {
        if (source !== old.sources[name]) steps.changedData.push([name, source])
      }
      continue
    }
    steps.removedLayers.push(...old.layers.map(({ id }) => id))
    steps.removedSources.push(...Object.keys(old.sources))
  }
  for (const [owner, next] of after) {
    const old = before.get(owner)
    if (old === next || (old && sameShape(old, next))) continue
    steps.addedSources.push(...Object.entries(next.sources))
    steps.addedLayers.push(...next.layers)
  }
  return steps
}

/** Take the steps on a map; new layers go below the layer `before`. */
export function takeSteps(map: MapLibreMap, steps: ExtraSteps, before: string): void {
  for (const id of steps.removedLayers) if (map.getLayer(id)) map.removeLayer(id)
  for (const name of steps.removedSources) if (map.getSource(name)) map.removeSource(name)
  for (const [name, source] of steps.changedData) {
    if (source.type === 'geojson') map.getSource<GeoJSONSource>(name)?.setData(source.data)
  }
  for (const [name, source] of steps.addedSources) if (!map.getSource(name)) map.addSource(name, source)
  for (const layer of steps.addedLayers) if (!map.getLayer(layer.id)) map.addLayer(layer, before)
}

function sameShape(old: MapExtra, next: MapExtra): boolean {
  const names = Object.keys(next.sources)
  return (
    JSON.stringify(old.layers) === JSON.stringify(next.layers) &&
    names.length === Object.keys(old.sources).length &&
    names.every((name) => {
      const source = old.sources[name]
      return source === next.sources[name] || (source?.type === 'geojson' && next.sources[name]?.type === 'geojson')
    })
  )
}
