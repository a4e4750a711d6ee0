import type { StyleSpecification } from 'maplibre-gl'
import { describe, expect, it } from 'vitest'
import { tileChanges } from '@/map/applying'

function style(tiles: Record<string, string>, colour = '#000000'): StyleSpecification {
  return {
    version: 8,
    sources: Object.fromEntries(Object.entries(tiles).map(([name, address]) => [name, { type: 'vector', tiles: [address], maxzoom: 16 }])),
    layers: [{ id: 'a-fill', type: 'fill', source: 'a', 'source-layer': 'a', paint: { 'fill-color': colour } }],
  }
}

describe('from one style to the next', () => {
  it('only the tiles that have another address are fetched', () => {
    const changes = tileChanges(style({ a: '/a?r=1', b: '/b?r=1' }), style({ a: '/a?r=2', b: '/b?r=1' }))
    expect([...(changes ?? [])]).toEqual([['a', ['/a?r=2']]])
  })

  it('nothing is fetched where nothing differs', () => {
    expect(tileChanges(style({ a: '/a' }), style({ a: '/a' }))?.size).toBe(0)
  })

  it.each([
    ['a layer is drawn otherwise', style({ a: '/a' }, '#ffffff')],
    ['a source came', style({ a: '/a', b: '/b' })],
    ['a source went', style({})],
    ['a source has another name', style({ c: '/a' })],
  ])('the whole style is set when %s', (_, next) => {
    expect(tileChanges(style({ a: '/a' }), next)).toBeNull()
  })
})
