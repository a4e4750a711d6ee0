/** The whole view as a query string: what is in the address bar is what is on the screen. */

export interface MapPosition {
  zoom: number
  latitude: number
  longitude: number
}

export interface LayerState {
  id: string
  /** Whole percent; 100 is as the style says. */
  opacity: number
}

export interface Selection {
  layer: string
  uid: string
}

/** Tabs of the drawer, and the desks that open in its place. */
export const TABS = ['targets', 'feature', 'coverage', 'scenarios', 'import', 'approvals', 'conflicts', 'ledger', 'accounts'] as const
export type Tab = (typeof TABS)[number]
export type Panel = 'layers' | Tab | 'none'
export type Language = 'zh' | 'en'

export interface ViewState {
  position: MapPosition | null
  /** Null means: as the catalogue opens. */
  layers: LayerState[] | null
  selection: Selection | null
  /** Null means: the drawer is closed. */
  tab: Tab | null
  /** The district as it was at the end of this day, as YYYY-MM-DD; null means today. */
  day: string | null
  /** An earlier day to compare with, on the left of a curtain. */
  before: string | null
  /** The circle of the coverage panel; null means the first. */
  circle: string | null
  language: Language
}

export const DEFAULT_VIEW: ViewState = {
  position: null,
  layers: null,
  selection: null,
  tab: 'targets',
  day: null,
  before: null,
  circle: null,
  language: 'zh',
}

const IDENTIFIER = /^[a-z][a-z0-9_]{1,40}$/

export function parseView(query: string): ViewState {
  const parameters = new URLSearchParams(query)
  return {
    position: parsePosition(parameters.get('map')),
    layers: parseLayers(parameters.get('layers')),
    selection: parseSelection(parameters.get('feature')),
    tab: parseTab(parameters.get('tab')),
    day: parseDay(parameters.get('day')),
    before: parseDay(parameters.get('before')),
    circle: parseIdentifier(parameters.get('circle')),
    language: parameters.get('lang') === 'en' ? 'en' : 'zh',
  }
}

/** Write only what differs from the default, in a fixed order, so equal views have equal addresses. */
export function formatView(view: ViewState): string {
  const parts: string[] = []
  if (view.position) {
    const { zoom, latitude, longitude } = view.position
    parts.push(`map=${round(zoom, 2)}/${round(latitude, 5)}/${round(longitude, 5)}`)
  }
  if (view.layers) {
    parts.push(`layers=${view.layers.map(({ id, opacity }) => (opacity === 100 ? id : `${id}*${opacity}`)).join(',')}`)
  }
  if (view.selection) parts.push(`feature=${view.selection.layer}/${encodeURIComponent(view.selection.uid)}`)
  if (view.tab !== 'targets') parts.push(`tab=${view.tab ?? 'none'}`)
  if (view.day) parts.push(`day=${view.day}`)
  if (view.before) parts.push(`before=${view.before}`)
  if (view.circle) parts.push(`circle=${view.circle}`)
  if (view.language !== 'zh') parts.push(`lang=${view.language}`)
  return parts.length > 0 ? `?${parts.join('&')}` : ''
}

function parsePosition(text: string | null): MapPosition | null {
  const numbers = (text ?? '').split('/').map(Number)
  const [zoom, latitude, longitude] = numbers
  if (numbers.length !== 3 || zoom === undefined || latitude === undefined || longitude === undefined) return null
  const valid = within(zoom, 0, 24) && within(latitude, -85, 85) && within(longitude, -180, 180)
  return valid ? { zoom, latitude, longitude } : null
}

function parseLayers(text: string | null): LayerState[] | null {
  if (text === null) return null
  const seen = new Map<string, LayerState>()
  for (const part of text.split(',')) {
    const [id = '', opacity = '100'] = part.split('*')
    if (IDENTIFIER.test(id)) seen.set(id, { id, opacity: percent(opacity) })
  }
  return [...seen.values()]
}

function parseSelection(text: string | null): Selection | null {
  const match = /^([a-z][a-z0-9_]{1,40})\/([\w-]{1,80})$/.exec(text ?? '')
  return match?.[1] && match[2] ? { layer: match[1], uid: match[2] } : null
}

function parseTab(text: string | null): Tab | null {
  if (text === 'none') return null
  return TABS.find((tab) => tab === text) ?? 'targets'
}

function parseDay(text: string | null): string | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text ?? '')) return null
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.valueOf()) && day.toISOString().startsWith(`${text}`) ? text : null
}

function parseIdentifier(text: string | null): string | null {
  return text !== null && IDENTIFIER.test(text) ? text : null
}

function percent(text: string): number {
  const number = Math.round(Number(text))
  return within(number, 0, 100) ? number : 100
}

function within(value: number, low: number, high: number): boolean {
  return value >= low && value <= high
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
