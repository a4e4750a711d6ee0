/** What the page itself draws over the district: the selected feature, and the line or ring being measured. */
import type { Feature, FeatureCollection, Geometry } from 'geojson'
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl'
import type { Position2 } from '@/client'

export const SELECTION = 'page-selection'
export const SKETCH = 'page-sketch'

/** Everything else that is drawn over the district goes below this layer. */
export const FIRST_OVERLAY = 'selection-casing'

const MARK = '#b5126b'
const INK = '#1c2b33'

export interface Sketch {
  kind: 'distance' | 'area'
  points: readonly Position2[]
}

export const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] }

export const overlaySources: StyleSpecification['sources'] = {
  [SELECTION]: { type: 'geojson', data: EMPTY },
  [SKETCH]: { type: 'geojson', data: EMPTY },
}

export const overlayLayers: LayerSpecification[] = [
  line(FIRST_OVERLAY, SELECTION, { 'line-color': '#ffffff', 'line-width': 6, 'line-opacity': 0.9 }),
  line('selection-line', SELECTION, { 'line-color': MARK, 'line-width': 2.5 }),
  {
    id: 'selection-point',
    type: 'circle',
    source: SELECTION,
    filter: ['==', ['geometry-type'], 'Point'],
    paint: {
      'circle-radius': 11,
      'circle-color': 'rgba(0,0,0,0)',
      'circle-stroke-color': MARK,
      'circle-stroke-width': 3,
    },
  },
  {
    id: 'sketch-fill',
    type: 'fill',
    source: SKETCH,
    filter: ['==', ['geometry-type'], 'Polygon'],
    paint: { 'fill-color': INK, 'fill-opacity': 0.12 },
  },
  line('sketch-line', SKETCH, { 'line-color': INK, 'line-width': 2, 'line-dasharray': [2, 1.5] }),
  {
    id: 'sketch-point',
    type: 'circle',
    source: SKETCH,
    filter: ['==', ['geometry-type'], 'Point'],
    paint: { 'circle-radius': 4, 'circle-color': '#ffffff', 'circle-stroke-color': INK, 'circle-stroke-width': 2 },
  },
]

function line(
  id: string,
  source: string,
  paint: Extract<LayerSpecification, { type: 'line' }>['paint'],
): LayerSpecification {
  return {
    id,
    type: 'line',
    source,
    filter: ['!=', ['geometry-type'], 'Point'],
    layout: { 'line-join': 'round', 'line-cap': 'round' },
    paint,
  }
}

export function selectionData(geometry: Geometry | null): FeatureCollection {
  return geometry ? collection([geometry]) : EMPTY
}

/** Corners as points, joined by a line; an area of three corners or more is a closed ring. */
export function sketchData(sketch: Sketch | null): FeatureCollection {
  if (!sketch || sketch.points.length === 0) return EMPTY
  const corners = sketch.points.map((point) => [...point])
  const geometries: Geometry[] = corners.map((coordinates) => ({ type: 'Point', coordinates }))
  const [first] = corners
  if (sketch.kind === 'area' && first && corners.length > 2) {
    geometries.unshift({ type: 'Polygon', coordinates: [[...corners, first]] })
  } else if (corners.length > 1) {
    geometries.unshift({ type: 'LineString', coordinates: corners })
  }
  return collection(geometries)
}

function collection(geometries: readonly Geometry[]): FeatureCollection {
  const features = geometries.map((geometry): Feature => ({ type: 'Feature', properties: {}, geometry }))
  return { type: 'FeatureCollection', features }
}
