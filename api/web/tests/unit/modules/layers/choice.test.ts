import { describe, expect, it } from 'vitest'
import { absentFrom, defaultChoice, isDefault, toggled, withOpacity } from '@/modules/layers/choice'
import { layer } from '../../samples'

const layers = [layer('road', { visible: true }), layer('park_green'), layer('indicator', { visible: true, geometry: 'none' })]

describe('the choice of layers', () => {
  it('starts with the visible layers that can be drawn', () => {
    expect(defaultChoice(layers)).toEqual([{ id: 'road', opacity: 100 }])
    expect(isDefault(defaultChoice(layers), layers)).toBe(true)
  })

  it('is switched on and off without losing opacities', () => {
    const on = toggled(withOpacity(defaultChoice(layers), 'road', 40), ['park_green', 'road'], true)
    expect(on).toEqual([{ id: 'road', opacity: 40 }, { id: 'park_green', opacity: 100 }])
    expect(toggled(on, ['road'], false)).toEqual([{ id: 'park_green', opacity: 100 }])
    expect(isDefault(on, layers)).toBe(false)
  })

  it('knows which ids of a link are not open', () => {
    expect(absentFrom([{ id: 'road', opacity: 100 }, { id: 'pipe_segment', opacity: 100 }], layers)).toEqual(['pipe_segment'])
  })
})
