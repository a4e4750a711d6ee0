/** What the map shows of a run: homes in blue and orange, facilities, the way of one home. */
import type { Feature, FeatureCollection, Geometry } from 'geojson'
import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl'
import type { MapExtra } from '@/map'
import type { Facilities, Homes, Route } from './api'

/** Blue and orange keep apart for every kind of colour vision; the state is in words wherever it is a number. */
export const COVERED = '#2b6cb0'
export const UNCOVERED = '#c8641b'
const GREY = '#8d8a7f'
const INK = '#20251f'
/** From this zoom a building is wide enough to be seen as it is. */
const OUTLINES_FROM = 13.5
const WAY = '#8e2a8b'

/** What a home is drawn as: 1 covered, 0 not; in a comparison 2 comes in, 3 falls out. */
export type Mark = 0 | 1 | 2 | 3

export interface Drawing {
  homes: Homes
  /** Outlines by uid, where they are known. */
  shapes: ReadonlyMap<string, Geometry> | null
  marks: readonly Mark[]
  facilities: Facilities | null
  route: Route | null
  /** The home that is looked at. */
  focus: string | null
  /** In a comparison those whose state stays are grey. */
  comparing: boolean
}

export interface DrawingEvents {
  onHover(uid: string | null): void
  onClick(uid: string): void
}

const NOTHING: FeatureCollection = { type: 'FeatureCollection', features: [] }

export function drawRun(owner: string, drawing: Drawing, events: DrawingEvents): MapExtra {
  const { homes, shapes, marks, facilities, route, focus } = drawing
  const marked = homes.features.map(({ geometry, properties }, at): Feature<Geometry> => ({
    type: 'Feature',
    geometry,
    properties: { uid: properties.uid, mark: marks[at] ?? 0 },
  }))
  const outlined = shapes === null ? [] : marked.map((home) => ({ ...home, geometry: shapes.get(String(home.properties?.uid)) ?? home.geometry }))
  return {
    sources: {
      [`${owner}-homes`]: { type: 'geojson', data: { type: 'FeatureCollection', features: marked } },
      [`${owner}-shapes`]: { type: 'geojson', data: { type: 'FeatureCollection', features: outlined } },
      [`${owner}-sites`]: { type: 'geojson', data: facilities ?? NOTHING },
      [`${owner}-route`]: { type: 'geojson', data: route ?? NOTHING },
      [`${owner}-focus`]: { type: 'geojson', data: focusOf(homes, facilities, route, focus) },
    },
    layers: layersFor(owner, drawing.comparing, shapes !== null),
    legend: legendOf(drawing.comparing),
    onHover: (features) => events.onHover(uidOf(features[0]?.properties)),
    onClick: (features) => {
      const uid = uidOf(features[0]?.properties)
      if (uid === null) return false
      events.onClick(uid)
      return true
    },
  }
}

function legendOf(comparing: boolean): MapExtra['legend'] {
  const homes = comparing
    ? [
        { symbol: 'circle', color: COVERED, label: 'coverage.legend.entering' },
        { symbol: 'circle', color: UNCOVERED, label: 'coverage.legend.leaving' },
        { symbol: 'circle', color: GREY, label: 'coverage.legend.same' },
      ]
    : [
        { symbol: 'circle', color: COVERED, label: 'coverage.legend.covered' },
        { symbol: 'circle', color: UNCOVERED, label: 'coverage.legend.uncovered' },
      ]
  return { title: 'panels.coverage', items: [...homes, { symbol: 'circle', color: '#ffffff', outline: INK, label: 'coverage.legend.site' }] }
}

function uidOf(properties: Record<string, unknown> | null | undefined): string | null {
  return typeof properties?.uid === 'string' && 'mark' in properties ? properties.uid : null
}

function focusOf(homes: Homes, facilities: Facilities | null, route: Route | null, focus: string | null): FeatureCollection {
  const home = focus === null ? undefined : homes.features.find(({ properties }) => properties.uid === focus)
  if (!home) return NOTHING
  const found: Feature<Geometry>[] = [{ ...home, properties: { kind: 'home' } }]
  const facility = route?.features[0]?.properties.facility_uid ?? home.properties.facility_uid
  const site = facilities?.features.find(({ properties }) => properties.uid === facility)
  if (site) found.push({ ...site, properties: { kind: 'site' } })
  return { type: 'FeatureCollection', features: found }
}

function layersFor(owner: string, comparing: boolean, outlined: boolean): LayerSpecification[] {
  const same = comparing ? [GREY, GREY] : [UNCOVERED, COVERED]
  const color: ExpressionSpecification = ['match', ['get', 'mark'], 1, same[1] ?? GREY, 2, COVERED, 3, UNCOVERED, same[0] ?? GREY]
  const opacity: ExpressionSpecification | number = comparing ? ['match', ['get', 'mark'], [2, 3], 1, 0.35] : 0.9
  return [
    {
      id: `${owner}-homes`,
      type: 'circle',
      source: `${owner}-homes`,
      ...(outlined ? { maxzoom: OUTLINES_FROM } : {}),
      layout: { 'circle-sort-key': ['get', 'mark'] },
      paint: {
        'circle-color': color,
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 10, 1.2, 13, 2.4, 15, 5, 18, 11],
        'circle-opacity': opacity,
        'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 13, 0, 15, 1],
        'circle-stroke-color': '#ffffff',
      },
    },
    {
      id: `${owner}-shapes`,
      type: 'fill',
      source: `${owner}-shapes`,
      minzoom: OUTLINES_FROM,
      paint: { 'fill-color': color, 'fill-opacity': opacity, 'fill-outline-color': '#ffffff' },
    },
    {
      id: `${owner}-route-casing`,
      type: 'line',
      source: `${owner}-route`,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': '#ffffff', 'line-width': 8 },
    },
    {
      id: `${owner}-route`,
      type: 'line',
      source: `${owner}-route`,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': WAY, 'line-width': 4 },
    },
    {
      id: `${owner}-sites`,
      type: 'circle',
      source: `${owner}-sites`,
      paint: {
        'circle-color': ['case', ['==', ['get', 'proposed'], true], '#b2182b', ['==', ['get', 'scenario'], true], '#7b3294', '#ffffff'],
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 10, 2, 14, 5, 17, 8],
        'circle-stroke-color': INK,
        'circle-stroke-width': 1.6,
      },
    },
    {
      id: `${owner}-focus`,
      type: 'circle',
      source: `${owner}-focus`,
      paint: { 'circle-color': 'rgba(0,0,0,0)', 'circle-radius': 11, 'circle-stroke-color': INK, 'circle-stroke-width': 2.5 },
    },
  ]
}
