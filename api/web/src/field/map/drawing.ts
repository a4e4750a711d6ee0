/** What the phone's map draws: its projects, the street offices around them, and the one who holds the phone. */
import type { Feature, FeatureCollection, Polygon } from 'geojson'
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { BACKGROUND, LABEL_FONT } from '@/map/style'
import { distanceTo } from '../distance'
import { standing } from '../forms'
import { keyOf, waitingOf, type Outbox } from '../outbox/machine'
import type { Fix, SyncFeature, SyncLayer } from '../types'
import { CLASS_COLOURS, looksOf, type StageLook } from './stages'

export const PROJECTS = 'projects'
export const OFFICES = 'offices'
export const OWN = 'own'
export const CHOSEN = 'chosen'

const INK = '#4d4430'
const WAITING = '#0b57d0'
const MARK = '#b5126b'
const METRES_PER_DEGREE = 111_320

export const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] }

/** The projects as they stand once the outbox is sent; by stage within one layer, by class where all are shown. */
export function projectsOf(features: readonly SyncFeature[], layers: readonly SyncLayer[], outbox: Outbox, only: string): FeatureCollection {
  const forms = new Map(layers.map((layer) => [layer.id, { layer, looks: new Map(looksOf(layer).map((look) => [look.id, look])) }]))
  const waiting = waitingOf(outbox)
  const drawn = features.flatMap((feature): Feature[] => {
    const form = forms.get(feature.layer)
    if (!feature.geometry || !form || (only !== '' && feature.layer !== only)) return []
    const look = form.looks.get(standing(feature, form.layer, outbox).stage)
    const text = feature.code ?? feature.name ?? ''
    const properties = { key: keyOf(feature), waiting: waiting.has(keyOf(feature)), text, ...paintOf(look, only !== '') }
    return [{ type: 'Feature', geometry: feature.geometry, properties }]
  })
  return { type: 'FeatureCollection', features: drawn }
}

function paintOf(look: StageLook | undefined, alone: boolean): { colour: string; stage: string; aside: boolean } {
  if (!look) return { colour: CLASS_COLOURS.planned, stage: '', aside: false }
  return { colour: alone ? look.colour : CLASS_COLOURS[look.class], stage: look.id, aside: look.class === 'aside' }
}

/** A position with the circle that it is good for. */
export function ownPlace(fix: Fix | undefined): FeatureCollection {
  if (!fix) return EMPTY
  const features: Feature[] = [{ type: 'Feature', geometry: { type: 'Point', coordinates: [fix.lon, fix.lat] }, properties: {} }]
  if (fix.accuracy_m) features.unshift({ type: 'Feature', geometry: circle(fix.lon, fix.lat, fix.accuracy_m), properties: {} })
  return { type: 'FeatureCollection', features }
}

function circle(lon: number, lat: number, metres: number): Polygon {
  const shrink = Math.cos((lat * Math.PI) / 180)
  const ring = Array.from({ length: 65 }, (_, index) => {
    const angle = ((index % 64) / 64) * 2 * Math.PI
    return [lon + (metres / METRES_PER_DEGREE / shrink) * Math.cos(angle), lat + (metres / METRES_PER_DEGREE) * Math.sin(angle)]
  })
  return { type: 'Polygon', coordinates: [ring] }
}

/** Of what a finger touched, the nearest first; those that lie under the finger itself leave out the ones beside it. */
export function touched(keys: ReadonlySet<string>, features: readonly SyncFeature[], lon: number, lat: number): SyncFeature[] {
  const found = features
    .filter((feature) => keys.has(keyOf(feature)))
    .map((feature) => ({ feature, metres: distanceTo(feature.geometry, lon, lat) ?? Infinity }))
    .sort((one, other) => one.metres - other.metres)
  const under = found.filter(({ metres }) => metres === 0)
  return (under.length > 0 ? under : found.slice(0, 1)).map(({ feature }) => feature)
}

export function styleOf(): StyleSpecification {
  const empty = { type: 'geojson', data: EMPTY } as const
  return { version: 8, sources: { [OFFICES]: empty, [PROJECTS]: empty, [OWN]: empty, [CHOSEN]: empty }, layers: LAYERS }
}

const areas = ['==', ['geometry-type'], 'Polygon'] as const
const lines = ['==', ['geometry-type'], 'LineString'] as const
const points = ['==', ['geometry-type'], 'Point'] as const

const LAYERS = [
  { id: 'background', type: 'background', paint: { 'background-color': BACKGROUND } },
  { id: 'office-line', type: 'line', source: OFFICES, paint: { 'line-color': '#8a857a', 'line-width': 1.4, 'line-dasharray': [4, 2] } },
  {
    id: 'office-name', type: 'symbol', source: OFFICES,
    layout: { 'text-field': ['get', 'name'], 'text-size': 13, 'text-font': LABEL_FONT },
    paint: { 'text-color': '#6b675d', 'text-halo-color': BACKGROUND, 'text-halo-width': 1.5 },
  },
  { id: 'project-area', type: 'fill', source: PROJECTS, filter: areas, paint: { 'fill-color': ['get', 'colour'], 'fill-opacity': 0.9 } },
  {
    id: 'project-edge', type: 'line', source: PROJECTS, filter: ['all', areas, ['!', ['get', 'aside']]],
    paint: { 'line-color': ['case', ['get', 'waiting'], WAITING, INK], 'line-width': ['case', ['get', 'waiting'], 3, 1.2] },
  },
  {
    id: 'project-edge-aside', type: 'line', source: PROJECTS, filter: ['all', areas, ['get', 'aside']],
    paint: { 'line-color': ['case', ['get', 'waiting'], WAITING, INK], 'line-width': ['case', ['get', 'waiting'], 3, 1.6], 'line-dasharray': [3, 2] },
  },
  { id: 'project-casing', type: 'line', source: PROJECTS, filter: lines, paint: { 'line-color': ['case', ['get', 'waiting'], WAITING, INK], 'line-width': 6 } },
  { id: 'project-line', type: 'line', source: PROJECTS, filter: lines, paint: { 'line-color': ['get', 'colour'], 'line-width': 4 } },
  {
    id: 'project-point', type: 'circle', source: PROJECTS, filter: points,
    paint: {
      'circle-radius': ['interpolate', ['linear'], ['zoom'], 11, 3.5, 15, 8], 'circle-color': ['get', 'colour'],
      'circle-stroke-color': ['case', ['get', 'waiting'], WAITING, INK], 'circle-stroke-width': ['case', ['get', 'waiting'], 3, 1.4],
    },
  },
  { id: 'chosen', type: 'line', source: CHOSEN, paint: { 'line-color': MARK, 'line-width': 4 } },
  {
    id: 'chosen-point', type: 'circle', source: CHOSEN, filter: points,
    paint: { 'circle-radius': 13, 'circle-color': 'rgba(0,0,0,0)', 'circle-stroke-color': MARK, 'circle-stroke-width': 3 },
  },
  {
    id: 'project-name', type: 'symbol', source: PROJECTS, minzoom: 13.5,
    layout: { 'text-field': ['get', 'text'], 'text-size': 13, 'text-font': LABEL_FONT },
    paint: { 'text-color': '#20251f', 'text-halo-color': '#ffffff', 'text-halo-width': 1.6 },
  },
  { id: 'own-circle', type: 'fill', source: OWN, filter: areas, paint: { 'fill-color': WAITING, 'fill-opacity': 0.15, 'fill-outline-color': WAITING } },
  {
    id: 'own-point', type: 'circle', source: OWN, filter: points,
    paint: { 'circle-radius': 8, 'circle-color': WAITING, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 3 },
  },
] as unknown as LayerSpecification[]
