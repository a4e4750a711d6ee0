import type { StyleSpecification } from 'maplibre-gl'
import { describe, expect, it } from 'vitest'
import { hatchImage, withHatch } from '@/map/hatch'

const common = { source: 'parcel', 'source-layer': 'parcel', metadata: { 'yzgeo:layer': 'parcel' } }
const style: StyleSpecification = {
  version: 8,
  sources: { parcel: { type: 'vector', tiles: [] } },
  layers: [
    { id: 'parcel-fill', type: 'fill', ...common, paint: { 'fill-color': ['match', ['get', 'stage'], 'suspended', '#eeeeee', '#999999'] } },
    { id: 'parcel-outline', type: 'line', ...common, filter: ['!=', ['get', 'stage'], 'suspended'], paint: { 'line-color': '#123456' } },
    { id: 'parcel-suspended', type: 'line', ...common, filter: ['==', ['get', 'stage'], 'suspended'], paint: { 'line-color': '#4d4430', 'line-dasharray': [3, 2] } },
  ],
}

describe('hatching', () => {
  it('lies on the area, below its outlines, for the features with the dashed one', () => {
    const { layers } = withHatch(style)
    expect(layers.map(({ id }) => id)).toEqual(['parcel-fill', 'parcel-fill-hatch', 'parcel-outline', 'parcel-suspended'])
    expect(layers[1]).toEqual({
      id: 'parcel-fill-hatch',
      type: 'fill',
      ...common,
      filter: ['==', ['get', 'stage'], 'suspended'],
      paint: { 'fill-pattern': 'hatch:#4d4430' },
    })
  })

  it('leaves a style alone that fills by something else or dashes no stage', () => {
    const [fill, outline, suspended] = style.layers
    if (!fill || !outline || !suspended) throw new Error('the style has three layers')
    const byKind: StyleSpecification = { ...style, layers: [{ id: 'park', type: 'fill', ...common, paint: { 'fill-color': ['get', 'kind'] } }, suspended] }
    expect(withHatch(byKind)).toBe(byKind)
    const solid: StyleSpecification = { ...style, layers: [fill, outline] }
    expect(withHatch(solid)).toBe(solid)
  })

  it('is a picture in the outline’s colour that joins itself on all sides', () => {
    const { width, height, data } = hatchImage('#4d4430')
    expect(data).toHaveLength(width * height * 4)
    expect([...data.slice(0, 3)]).toEqual([0x4d, 0x44, 0x30])
    const opacity = (x: number, y: number): number => data[((y % height) * width + (x % width)) * 4 + 3] ?? -1
    const all = Array.from({ length: width * height }, (_, at) => opacity(at % width, Math.floor(at / width)))
    expect(Math.max(...all)).toBe(255)
    expect(Math.min(...all)).toBe(0)
    // One step right is one step down everywhere, over the edges too.
    for (let x = 0; x < width; x += 1) for (let y = 0; y < height; y += 1) expect(opacity(x + 1, y)).toBe(opacity(x, y + 1))
  })
})
