import type { LayerSpecification } from 'maplibre-gl'
import { describe, expect, it } from 'vitest'
import { opacityPaint, scale } from '@/map/opacity'

describe('opacity', () => {
  it('multiplies numbers', () => {
    expect(scale(0.75, 0.4)).toBe(0.3)
    expect(scale(1, 0)).toBe(0)
  })

  it('enters interpolations and steps over zoom, which must stay outermost', () => {
    expect(scale(['interpolate', ['linear'], ['zoom'], 11, 0.4, 16, 1], 0.5)).toEqual(['interpolate', ['linear'], ['zoom'], 11, 0.2, 16, 0.5])
    expect(scale(['step', ['zoom'], 0, 12, 0.8], 0.5)).toEqual(['step', ['zoom'], 0, 12, 0.4])
  })

  it('wraps other expressions', () => {
    const value = ['case', ['get', 'elevator'], 1, 0.5]
    expect(scale(value, 0.5)).toEqual(['*', 0.5, value])
    expect(scale(value, 1)).toBe(value)
  })

  it('covers fill and outline of circles', () => {
    const layer: LayerSpecification = { id: 'a', type: 'circle', source: 's', paint: { 'circle-opacity': 0.5 } }
    expect(opacityPaint(layer, 0.5)).toEqual({ 'circle-opacity': 0.25, 'circle-stroke-opacity': 0.5 })
  })
})
