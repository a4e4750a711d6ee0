/** Where the phone was when it recorded, over the district. */
import type { MapExtra } from '@/map'

const SOURCE = 'conflicts-place'
const INK = '#0b57d0'

export function phonePlace({ lon, lat }: { lon: number; lat: number }, text: string): MapExtra {
  return {
    sources: { [SOURCE]: { type: 'geojson', data: { type: 'Feature', geometry: { type: 'Point', coordinates: [lon, lat] }, properties: { text } } } },
    layers: [{ id: 'conflicts-place', type: 'circle', source: SOURCE, paint: { 'circle-radius': 7, 'circle-color': INK, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 3 } }],
  }
}
