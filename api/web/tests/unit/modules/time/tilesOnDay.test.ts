import type { StyleSpecification } from 'maplibre-gl'
import { expect, it } from 'vitest'
import { styleOnDay } from '@/modules/time/tilesOnDay'

it('takes the tiles of a day where a layer has stages, and leaves the others as they are', () => {
  const style: StyleSpecification = {
    version: 8,
    sources: {
      parcels: { type: 'vector', tiles: ['/tiles/parcels/{z}/{y}/{x}?revision=7'] },
      roads: { type: 'vector', tiles: ['/tiles/roads/{z}/{y}/{x}?revision=3'] },
    },
    layers: [
      { id: 'p', type: 'fill', source: 'parcels', 'source-layer': 'p', metadata: { 'yzgeo:layer': 'shantytown_parcel' } },
      { id: 'r', type: 'line', source: 'roads', 'source-layer': 'r', metadata: { 'yzgeo:layer': 'road' } },
    ],
  }
  const then = styleOnDay(style, new Set(['shantytown_parcel']), '2022-05-31', 42)
  expect(then.sources.parcels).toEqual({ type: 'vector', tiles: ['/tiles/parcels/{z}/{y}/{x}?revision=7&datetime=2022-05-31&ledger=42'] })
  expect(then.sources.roads).toBe(style.sources.roads)
  expect(then.layers).toBe(style.layers)
})
