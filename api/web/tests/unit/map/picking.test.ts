import { describe, expect, it } from 'vitest'
import { sortPicks } from '@/map/picking'

describe('what a click meant', () => {
  it('is the point before the line before the area, each once', () => {
    const picks = sortPicks([
      { layer: 'community', kind: 'polygon', properties: { uid: 'c', name: '红旗社区' } },
      { layer: 'road', kind: 'line', properties: { uid: 'r', name: null, code: 'RD-007' } },
      { layer: 'shelter', kind: 'point', properties: { uid: 's', name: '' } },
      { layer: 'road', kind: 'line', properties: { uid: 'r', name: null, code: 'RD-007' } },
      { layer: 'road', kind: 'line', properties: {} },
    ])
    expect(picks).toEqual([
      { layer: 'shelter', uid: 's', title: '' },
      { layer: 'road', uid: 'r', title: 'RD-007' },
      { layer: 'community', uid: 'c', title: '红旗社区' },
    ])
  })
})
