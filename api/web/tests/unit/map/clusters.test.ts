import type { Map as MapLibreMap, StyleSpecification } from 'maplibre-gl'
import { describe, expect, it } from 'vitest'
import { closer, clusterAt } from '@/map/clusters'

const style: StyleSpecification = {
  version: 8,
  sources: { site: { type: 'vector', tiles: [] } },
  layers: [
    { id: 'site-point', type: 'circle', source: 'site', 'source-layer': 'site', metadata: { 'yzgeo:layer': 'site' } },
    {
      id: 'site-cluster',
      type: 'circle',
      source: 'site',
      'source-layer': 'site_cluster',
      maxzoom: 13,
      metadata: { 'yzgeo:layer': 'site', 'yzgeo:cluster': true },
    },
  ],
}

/** A map that draws one circle at 10, 10 and was asked of the layers it tells. */
function mapOf(drawn: readonly string[]): { map: MapLibreMap; asked: string[][] } {
  const asked: string[][] = []
  const circle = { geometry: { type: 'Point', coordinates: [123.8, 42.3] }, layer: style.layers[1] }
  const map = {
    getLayer: (id: string) => (drawn.includes(id) ? {} : undefined),
    getMaxZoom: () => 20,
    queryRenderedFeatures: ([x]: [number, number], { layers }: { layers: string[] }) => {
      asked.push(layers)
      return x === 10 ? [circle] : []
    },
  }
  return { map: map as unknown as MapLibreMap, asked }
}

describe('a circle that stands for many points', () => {
  it('is looked for among the circles only', () => {
    const { map, asked } = mapOf(['site-point', 'site-cluster'])
    expect(clusterAt(map, { x: 10, y: 10 }, style)).toEqual({ place: [123.8, 42.3], standsUpTo: 13 })
    expect(clusterAt(map, { x: 50, y: 10 }, style)).toBeNull()
    expect(asked).toEqual([['site-cluster'], ['site-cluster']])
  })

  it('is not looked for where the map has none', () => {
    const { map, asked } = mapOf(['site-point'])
    expect(clusterAt(map, { x: 10, y: 10 }, style)).toBeNull()
    expect(asked).toEqual([])
  })

  it('leads two steps closer, and no farther than to where points stand by themselves', () => {
    expect(closer(9.4, 13)).toBe(11)
    expect(closer(12.2, 13)).toBe(13.2)
    expect(closer(11.9, 13)).toBe(13)
  })
})
