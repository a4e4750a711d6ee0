import type { LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { describe, expect, it } from 'vitest'
import { changesOf, LABEL_FONT, layerIdOf, prepareStyle } from '@/map/style'

const style: StyleSpecification = {
  version: 8,
  glyphs: '/fonts/{fontstack}/{range}.pbf',
  sources: { road: { type: 'vector', tiles: [] }, park: { type: 'vector', tiles: [] } },
  layers: [
    { id: 'road-line', type: 'line', source: 'road', 'source-layer': 'road', metadata: { 'yzgeo:layer': 'road' }, paint: { 'line-opacity': 0.8 } },
    { id: 'park-fill', type: 'fill', source: 'park', 'source-layer': 'park', metadata: { 'yzgeo:layer': 'park' } },
    { id: 'park-label', type: 'symbol', source: 'park', 'source-layer': 'park', metadata: { 'yzgeo:layer': 'park' }, layout: { 'text-field': ['get', 'code'] } },
  ],
}

function find(prepared: StyleSpecification, id: string): LayerSpecification {
  const layer = prepared.layers.find((candidate) => candidate.id === id)
  if (!layer) throw new Error(`no style layer ${id}`)
  return layer
}

describe('the style given to the map', () => {
  const prepared = prepareStyle(style, new Map([['road', 50]]), null)

  it('shows what is chosen, as strongly as chosen, and hides the rest', () => {
    expect(find(prepared, 'road-line')).toMatchObject({ layout: { visibility: 'visible' }, paint: { 'line-opacity': 0.4 } })
    expect(find(prepared, 'park-fill')).toMatchObject({ layout: { visibility: 'none' } })
  })

  it('names no glyph server and uses the reader’s fonts', () => {
    expect(prepared.glyphs).toBeUndefined()
    expect(find(prepared, 'park-label')).toMatchObject({ layout: { 'text-font': LABEL_FONT } })
  })

  it('has a background, and the page’s own marks on top', () => {
    expect(prepared.layers[0]?.type).toBe('background')
    expect(prepared.layers.at(-1)?.id).toBe('sketch-point')
  })

  it('asks another machine only for a configured base map', () => {
    expect(JSON.stringify(prepared)).not.toContain('://')
    expect(JSON.stringify(prepareStyle(style, new Map(), { kind: 'tianditu', key: 'a&b' }))).toContain('tk=a%26b')
  })

  it('leaves the given style untouched', () => {
    expect(find(style, 'road-line')).not.toHaveProperty('layout')
  })
})

describe('changes between two choices', () => {
  it('touch only what changed', () => {
    const changes = changesOf(style, new Map([['road', 100]]), new Map([['road', 100], ['park', 100]]))
    expect(changes.map(({ id, visibility }) => [id, visibility])).toEqual([
      ['park-fill', 'visible'],
      ['park-label', 'visible'],
    ])
    expect(changesOf(style, new Map([['road', 100]]), new Map())).toEqual([{ id: 'road-line', visibility: 'none', paint: {} }])
  })
})

describe('layer ids', () => {
  it('come from the metadata only', () => {
    expect(style.layers.map(layerIdOf)).toEqual(['road', 'park', 'park'])
    expect(layerIdOf({ id: 'background', type: 'background' })).toBeNull()
  })
})
