/** While a facility is being placed, the whole map is one thing to click on. */
import type { MapExtra } from '@/map'

export function drawPlacing(owner: string, place: (at: readonly [number, number]) => void): MapExtra {
  const world = [[-179, -84], [179, -84], [179, 84], [-179, 84], [-179, -84]]
  return {
    sources: {
      [owner]: { type: 'geojson', data: { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [world] } } },
    },
    layers: [{ id: owner, type: 'fill', source: owner, paint: { 'fill-color': '#24503a', 'fill-opacity': 0.06 } }],
    onHover: () => undefined,
    onClick: (_features, at) => {
      const [longitude, latitude] = at
      if (longitude === undefined || latitude === undefined) return false
      place([longitude, latitude])
      return true
    },
  }
}
