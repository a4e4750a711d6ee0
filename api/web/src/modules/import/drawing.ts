/** What the desk draws over the district: the outline, where each candidate would put the file, and what would change. */
import type { Geometry } from 'geojson'
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, SourceSpecification } from 'maplibre-gl'
import type { Bounds } from '@/client'
import { boundsOf } from '@/map'
import type { CrsCandidate, Drawn, DrawnFeatures, ImportPreview, MatchStatus } from './types'

/** Apart for colour-blind readers too; red is kept for what is refused. */
export const STATUS_COLOURS: Record<MatchStatus, string> = {
  new: '#1f5fa8',
  changed: '#b36b00',
  unchanged: '#7d8078',
  ambiguous: '#8e3a80',
  missing: '#4a4a46',
}
export const CANDIDATE_COLOURS = ['#1f5fa8', '#b36b00', '#1d7a5f', '#8e3a80', '#6b6210', '#4a4a46'] as const
const PROBLEM_COLOUR = '#a3341c'

export function candidateColour(at: number): string {
  return CANDIDATE_COLOURS[at % CANDIDATE_COLOURS.length] ?? CANDIDATE_COLOURS[0]
}

export type Shown = 'candidates' | 'changes'

export interface Drawing {
  sources: Record<string, SourceSpecification>
  layers: LayerSpecification[]
}

export interface Scene {
  shown: Shown
  outline: readonly Geometry[]
  preview: ImportPreview
  candidates: readonly CrsCandidate[]
  /** Candidate that stands out. */
  picked: string | null
  hidden: ReadonlySet<MatchStatus>
}

const VEIL = 'import-veil'
const OUTLINE = 'import-outline'
const SHAPES = 'import-shapes'
const PROBLEMS = 'import-problems'
export const CLICKABLE_SHAPES = ['import-fill', 'import-line', 'import-point'] as const

export function drawingOf(scene: Scene): Drawing {
  const shapes = scene.shown === 'candidates' ? candidateShapes(scene) : changeShapes(scene)
  const problems = scene.shown === 'changes' ? scene.preview.problems.features.filter(({ geometry }) => geometry) : []
  return {
    sources: { [VEIL]: collection([feature(rectangle(WORLD), {})]), [OUTLINE]: collection(scene.outline.map((geometry) => feature(geometry, {}))), [SHAPES]: collection(shapes), [PROBLEMS]: collection(problems) },
    layers: LAYERS,
  }
}

function candidateShapes({ preview, candidates, picked }: Scene): Drawn[] {
  const order = new Map(candidates.map(({ id }, at) => [id, at]))
  const shapes = preview.candidates.flatMap(({ id, geojson }) =>
    geojson.features.map((one) => feature(one.geometry, { ...style(id), candidate: id })),
  )
  const boxes = candidates.flatMap(({ id, bounds }) => {
    const box = asBounds(bounds)
    return box ? [feature(rectangle(box), { ...style(id), candidate: id, box: true })] : []
  })
  return [...boxes, ...shapes]

  function style(id: string): Record<string, unknown> {
    const strong = picked === id
    return { colour: candidateColour(order.get(id) ?? 0), strength: strong ? 1 : picked === null ? 0.6 : 0.25, dashed: false }
  }
}

function changeShapes({ preview, hidden }: Scene): Drawn[] {
  return preview.features.features
    .filter(({ geometry, properties }) => geometry && !hidden.has(properties.status as MatchStatus))
    .map(({ geometry, properties }) => {
      const status = properties.status as MatchStatus
      return feature(geometry, {
        ...properties,
        colour: STATUS_COLOURS[status],
        strength: status === 'unchanged' ? 0.5 : 1,
        dashed: status === 'missing',
      })
    })
}

/** Box of several shapes, or null where there is nothing to see. */
export function boundsOfAll(features: readonly Drawn[]): Bounds | null {
  const boxes = features.flatMap(({ geometry }) => (geometry ? (boundsOf(geometry) ?? []) : [])) as number[]
  if (boxes.length === 0) return null
  const every = (offset: number): number[] => boxes.filter((_, at) => at % 4 === offset)
  return [least(every(0)), least(every(1)), most(every(2)), most(every(3))]
}

export function asBounds(numbers: readonly number[]): Bounds | null {
  const [west, south, east, north] = numbers
  if (west === undefined || south === undefined || east === undefined || north === undefined) return null
  return [west, south, east, north].every((one) => Number.isFinite(one)) ? [west, south, east, north] : null
}

function least(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => Math.min(one, other), Infinity)
}

function most(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => Math.max(one, other), -Infinity)
}

function feature(geometry: Geometry | null, properties: Record<string, unknown>): Drawn {
  return { type: 'Feature', geometry, properties }
}

function collection(features: readonly Drawn[]): SourceSpecification {
  const data: DrawnFeatures = { type: 'FeatureCollection', features: [...features] }
  return { type: 'geojson', data: data as GeoJSON.FeatureCollection }
}

function rectangle([west, south, east, north]: Bounds): Geometry {
  return { type: 'Polygon', coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]] }
}

const WORLD: Bounds = [-180, -85, 180, 85]
const COLOUR: ExpressionSpecification = ['get', 'colour']
const STRENGTH: ExpressionSpecification = ['get', 'strength']
const IS_POINT: FilterSpecification = ['in', ['geometry-type'], ['literal', ['Point', 'MultiPoint']]]
const IS_AREA: FilterSpecification = ['in', ['geometry-type'], ['literal', ['Polygon', 'MultiPolygon']]]
const DASHED: ExpressionSpecification = ['any', ['==', ['get', 'dashed'], true], ['==', ['get', 'box'], true]]

const LAYERS: LayerSpecification[] = [
  // What the file brings must not drown among the district's own colours.
  { id: 'import-veil', type: 'fill', source: VEIL, paint: { 'fill-color': '#f6f4ee', 'fill-opacity': 0.55 } },
  { id: 'import-outline', type: 'line', source: OUTLINE, paint: { 'line-color': '#24503a', 'line-width': 1.5, 'line-opacity': 0.8 } },
  {
    id: 'import-fill',
    type: 'fill',
    source: SHAPES,
    filter: IS_AREA,
    paint: { 'fill-color': COLOUR, 'fill-opacity': ['case', DASHED, ['*', 0.05, STRENGTH], ['*', 0.45, STRENGTH]] },
  },
  {
    id: 'import-line',
    type: 'line',
    source: SHAPES,
    filter: ['all', ['!', IS_POINT as ExpressionSpecification], ['!', DASHED]],
    paint: { 'line-color': COLOUR, 'line-opacity': STRENGTH, 'line-width': ['+', 1, ['*', 1.2, STRENGTH]] },
  },
  {
    id: 'import-dashed',
    type: 'line',
    source: SHAPES,
    filter: ['all', ['!', IS_POINT as ExpressionSpecification], DASHED],
    paint: { 'line-color': COLOUR, 'line-opacity': STRENGTH, 'line-width': 1.2, 'line-dasharray': [3, 2] },
  },
  {
    id: 'import-point',
    type: 'circle',
    source: SHAPES,
    filter: IS_POINT,
    paint: { 'circle-radius': 5, 'circle-color': COLOUR, 'circle-opacity': STRENGTH, 'circle-stroke-color': '#fffefb', 'circle-stroke-width': 1.2 },
  },
  {
    id: 'import-problem-line',
    type: 'line',
    source: PROBLEMS,
    filter: ['!', IS_POINT as ExpressionSpecification],
    paint: { 'line-color': PROBLEM_COLOUR, 'line-width': 2.5 },
  },
  {
    id: 'import-problem-point',
    type: 'circle',
    source: PROBLEMS,
    filter: IS_POINT,
    paint: { 'circle-radius': 7, 'circle-color': 'rgba(0,0,0,0)', 'circle-stroke-color': PROBLEM_COLOUR, 'circle-stroke-width': 2.5 },
  },
]
