import { describe, expect, it } from 'vitest'
import { stepsBetween, type MapExtra } from '@/map/extras'

const EMPTY = { type: 'FeatureCollection' as const, features: [] }

function extra(source: string, color = '#000'): MapExtra {
  return {
    sources: { [source]: { type: 'geojson', data: EMPTY } },
    layers: [{ id: `${source}-line`, type: 'line', source, paint: { 'line-color': color } }],
  }
}

describe('what modules draw on the map', () => {
  it('is added once, and not touched while it stays the same', () => {
    const one = extra('a')
    const first = stepsBetween(new Map(), new Map([['m', one]]))
    expect(first.addedSources.map(([name]) => name)).toEqual(['a'])
    expect(first.addedLayers.map(({ id }) => id)).toEqual(['a-line'])
    const nothing = stepsBetween(new Map([['m', one]]), new Map([['m', one]]))
    expect(Object.values(nothing).flat()).toEqual([])
  })

  it('gets new data in place', () => {
    const steps = stepsBetween(new Map([['m', extra('a')]]), new Map([['m', extra('a')]]))
    expect(steps.changedData.map(([name]) => name)).toEqual(['a'])
    expect([...steps.removedLayers, ...steps.addedLayers]).toEqual([])
  })

  it('is made anew where its drawing changed, layers going before their sources', () => {
    const steps = stepsBetween(new Map([['m', extra('a')]]), new Map([['m', extra('a', '#f00')]]))
    expect(steps.removedLayers).toEqual(['a-line'])
    expect(steps.removedSources).toEqual(['a'])
    expect(steps.addedSources.map(([name]) => name)).toEqual(['a'])
  })

  it('goes when its owner takes it away, and others stay', () => {
    const kept = extra('b')
    const steps = stepsBetween(new Map([['m', extra('a')], ['n', kept]]), new Map([['n', kept]]))
    expect(steps).toEqual({ removedLayers: ['a-line'], removedSources: ['a'], changedData: [], addedSources: [], addedLayers: [] })
  })
})
