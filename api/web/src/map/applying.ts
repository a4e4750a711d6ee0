/** Bringing a map from one content to the next with as little as possible fetched or drawn anew. */
import type { Geometry } from 'geojson'
import type { GeoJSONSource, Map as MapLibreMap, SourceSpecification, StyleSpecification, VectorTileSource } from 'maplibre-gl'
import { SELECTION, selectionData } from './overlays'
import { changesOf, prepareStyle } from './style'
import type { MapContent } from './useMap'

/** Apply what differs; false if the whole style was set, so that what was added to it must be looked after. */
export function applyContent(map: MapLibreMap, before: MapContent, next: MapContent): boolean {
  const tiles = before.baseMap === next.baseMap ? tileChanges(before.style, next.style) : null
  if (tiles === null) {
    map.setStyle(prepareStyle(next.style, next.shown, next.baseMap))
    return false
  }
  // The old tiles stay on the screen until the new ones are there.
  for (const [name, addresses] of tiles) map.getSource<VectorTileSource>(name)?.setTiles(addresses)
  for (const change of changesOf(next.style, before.shown, next.shown)) {
    map.setLayoutProperty(change.id, 'visibility', change.visibility)
    for (const [name, value] of Object.entries(change.paint)) {
      map.setPaintProperty(change.id, name as 'fill-opacity', value as number)
    }
  }
  return true
}

/** Sources whose tiles have another address, where two styles differ in nothing else; null where they do. */
export function tileChanges(before: StyleSpecification, next: StyleSpecification): Map<string, string[]> | null {
  const changes = new Map<string, string[]>()
  const names = Object.keys(next.sources)
  if (names.length !== Object.keys(before.sources).length || !same(before.layers, next.layers)) return null
  for (const name of names) {
    const old = before.sources[name]
    const source = next.sources[name]
    if (same(old, source)) continue
    const tiles = onlyTilesDiffer(old, source)
    if (!tiles) return null
    changes.set(name, tiles)
  }
  return changes
}

function onlyTilesDiffer(old: SourceSpecification | undefined, source: SourceSpecification | undefined): string[] | null {
  if (old?.type !== 'vector' || source?.type !== 'vector') return null
  return same({ ...old, tiles: null }, { ...source, tiles: null }) ? (source.tiles ?? null) : null
}

export function showSelection(map: MapLibreMap, geometry: Geometry | null): void {
  map.getSource<GeoJSONSource>(SELECTION)?.setData(selectionData(geometry))
}

function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
