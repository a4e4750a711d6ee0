import type { GeoJSONSourceSpecification } from 'maplibre-gl'
import { describe, expect, it } from 'vitest'
import { asBounds, boundsOfAll, drawingOf, type Drawing, type Scene, STATUS_COLOURS } from '@/modules/import/drawing'
import type { Drawn, DrawnFeatures } from '@/modules/import/types'
import { aPreview } from './samples'

const square = (west: number, properties: Record<string, unknown> = {}): Drawn => ({
  type: 'Feature',
  geometry: { type: 'Polygon', coordinates: [[[west, 42], [west + 1, 42], [west + 1, 43], [west, 42]]] },
  properties,
})
const collection = (...features: Drawn[]): DrawnFeatures => ({ type: 'FeatureCollection', features })
const title = { zh: '甲', en: 'A' }
const candidate = { title, score: 1, evidence: [], evidence_en: [], same_as: [], needs_parameters: false }
const scene: Scene = {
  shown: 'candidates',
  outline: [{ type: 'Point', coordinates: [123, 42] }],
  preview: aPreview({
    candidates: [{ id: 'A', title, geojson: collection(square(123)) }, { id: 'B', title, geojson: collection(square(124)) }],
    features: collection(square(123, { status: 'new', row: 1 }), square(125, { status: 'missing', uid: 'u' }), { type: 'Feature', geometry: null, properties: { status: 'new' } }),
    problems: collection(square(123, { row: 1, code: 'overlap' })),
  }),
  candidates: [{ ...candidate, id: 'A', bounds: [123, 42, 124, 43] }, { ...candidate, id: 'B', bounds: [] }],
  picked: 'B',
  hidden: new Set(),
}

function drawn(drawing: Drawing, source: string): Drawn[] {
  return ((drawing.sources[source] as GeoJSONSourceSpecification).data as unknown as DrawnFeatures).features
}

describe('the drawing', () => {
  it('shows every candidate in its own colour, and the picked one strongest', () => {
    const shapes = drawn(drawingOf(scene), 'import-shapes')
    expect(shapes.map(({ properties }) => [properties.candidate, properties.box ?? false, properties.strength])).toEqual([
      ['A', true, 0.25],
      ['A', false, 0.25],
      ['B', false, 1],
    ])
    expect(new Set(shapes.map(({ properties }) => properties.colour)).size).toBe(2)
    expect(drawn(drawingOf(scene), 'import-problems')).toEqual([])
  })

  it('shows what would change by its status, without what is hidden', () => {
    const changes = drawingOf({ ...scene, shown: 'changes' })
    expect(drawn(changes, 'import-shapes').map(({ properties }) => [properties.status, properties.colour, properties.dashed])).toEqual([
      ['new', STATUS_COLOURS.new, false],
      ['missing', STATUS_COLOURS.missing, true],
    ])
    expect(drawn(changes, 'import-problems')).toHaveLength(1)
    expect(drawn(drawingOf({ ...scene, shown: 'changes', hidden: new Set(['missing']) }), 'import-shapes')).toHaveLength(1)
  })

  it('keeps its shape, so that the map changes data in place', () => {
    const { layers, sources } = drawingOf(scene)
    const other = drawingOf({ ...scene, shown: 'changes' })
    expect(other.layers).toEqual(layers)
    expect(Object.keys(other.sources)).toEqual(Object.keys(sources))
    expect(layers.every((layer) => 'source' in layer && String(layer.source) in sources)).toBe(true)
  })
})

describe('boxes', () => {
  it('hold all shapes', () => {
    expect(boundsOfAll([square(123), square(125)])).toEqual([123, 42, 126, 43])
    expect(boundsOfAll([])).toBeNull()
  })

  it('are only those of four numbers', () => {
    expect(asBounds([1, 2, 3, 4])).toEqual([1, 2, 3, 4])
    expect(asBounds([1, 2, 3])).toBeNull()
    expect(asBounds([1, 2, Infinity, 4])).toBeNull()
  })
})
