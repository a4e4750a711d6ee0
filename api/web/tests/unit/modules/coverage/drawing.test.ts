import type { FeatureCollection } from 'geojson'
import type { MapGeoJSONFeature } from 'maplibre-gl'
import { describe, expect, it, vi } from 'vitest'
import type { Facilities, Homes } from '@/modules/coverage/api'
import { drawRun, type Drawing } from '@/modules/coverage/drawing'

const HOMES = {
  type: 'FeatureCollection',
  features: [
    { type: 'Feature', geometry: { type: 'Point', coordinates: [1, 2] }, properties: { uid: 'h1', facility_uid: 'f1' } },
    { type: 'Feature', geometry: { type: 'Point', coordinates: [3, 4] }, properties: { uid: 'h2', facility_uid: null } },
  ],
} as unknown as Homes
const SITES = { type: 'FeatureCollection', features: [{ type: 'Feature', geometry: { type: 'Point', coordinates: [1, 3] }, properties: { uid: 'f1' } }] } as unknown as Facilities

function draw(change: Partial<Drawing> = {}) {
  const events = { onHover: vi.fn(), onClick: vi.fn() }
  const extra = drawRun('x', { homes: HOMES, shapes: null, marks: [1, 0], facilities: SITES, route: null, focus: null, comparing: false, ...change }, events)
  const data = (name: string) => (extra.sources[name] as unknown as { data: FeatureCollection }).data.features
  return { extra, events, data }
}

const hit = (properties: Record<string, unknown>) => [{ properties }] as unknown as MapGeoJSONFeature[]

describe('drawRun', () => {
  it('marks each home and carries no more than the map needs', () => {
    expect(draw().data('x-homes').map(({ properties }) => properties)).toEqual([{ uid: 'h1', mark: 1 }, { uid: 'h2', mark: 0 }])
  })

  it('rings the home that is looked at and its facility, if it has one', () => {
    expect(draw({ focus: 'h1' }).data('x-focus').map(({ geometry }) => geometry)).toEqual([HOMES.features[0]?.geometry, SITES.features[0]?.geometry])
    expect(draw({ focus: 'h2' }).data('x-focus')).toHaveLength(1)
    expect(draw().data('x-focus')).toEqual([])
  })

  it('colours the outline of a home near by, and a dot far away', () => {
    const outline = { type: 'Polygon' as const, coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] }
    const { extra, data } = draw({ shapes: new Map([['h1', outline]]) })
    expect(data('x-shapes').map(({ geometry }) => geometry.type)).toEqual(['Polygon', 'Point'])
    const zooms = extra.layers.map(({ id, minzoom, maxzoom }) => [id, minzoom ?? maxzoom])
    expect(zooms.slice(0, 2)).toEqual([['x-homes', 13.5], ['x-shapes', 13.5]])
    expect(draw().data('x-shapes')).toEqual([])
  })

  it('tells which home was hit, and lets other clicks pass', () => {
    const { extra, events } = draw()
    extra.onHover?.(hit({ uid: 'h1', mark: 1 }))
    expect(events.onHover).toHaveBeenCalledWith('h1')
    expect(extra.onClick?.(hit({ uid: 'f1' }), [0, 0])).toBe(false)
    expect(extra.onClick?.(hit({ uid: 'h2', mark: 0 }), [0, 0])).toBe(true)
    expect(events.onClick).toHaveBeenCalledWith('h2')
  })

  it('draws the same layers for new data, so the map need not rebuild them', () => {
    expect(draw({ marks: [0, 1] }).extra.layers).toEqual(draw().extra.layers)
    expect(draw({ comparing: true }).extra.layers).not.toEqual(draw().extra.layers)
  })
})
