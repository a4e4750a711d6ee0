import { describe, expect, it } from 'vitest'
import { DEFAULT_VIEW, formatView, parseView, type ViewState } from '@/shared/viewState'

describe('the view in the address', () => {
  it('is empty for the default view', () => {
    expect(formatView(DEFAULT_VIEW)).toBe('')
    expect(parseView('')).toEqual(DEFAULT_VIEW)
  })

  const views: ViewState[] = [
    { ...DEFAULT_VIEW, position: { zoom: 13.25, latitude: 42.29213, longitude: 123.84601 } },
    { ...DEFAULT_VIEW, layers: [{ id: 'road', opacity: 100 }, { id: 'park_green', opacity: 40 }] },
    { ...DEFAULT_VIEW, layers: [] },
    { ...DEFAULT_VIEW, selection: { layer: 'old_compound', uid: '1b4e28ba-2fa1-5d30-883f-0016d3cca427' }, tab: 'feature' },
    { ...DEFAULT_VIEW, tab: null, language: 'en' },
    { ...DEFAULT_VIEW, day: '2022-05-31', before: '2021-06-01' },
    { ...DEFAULT_VIEW, tab: 'coverage', circle: 'fitness_10min' },
  ]

  it.each(views)('comes back from its own text: %j', (view) => {
    expect(parseView(formatView(view))).toEqual(view)
  })

  it('is written in a way people can read', () => {
    expect(formatView({ ...DEFAULT_VIEW, layers: [{ id: 'road', opacity: 100 }, { id: 'park_green', opacity: 40 }] })).toBe('?layers=road,park_green*40')
    expect(formatView({ ...DEFAULT_VIEW, position: { zoom: 13.254, latitude: 42.2921349, longitude: 123.84601 } })).toBe('?map=13.25/42.29213/123.84601')
  })

  it.each(['?map=1/2', '?map=x/y/z', '?map=99/42/123', '?map=12/142/123'])('takes no position from %s', (query) => {
    expect(parseView(query).position).toBeNull()
  })

  it('drops what is not an id, and keeps odd opacities within bounds', () => {
    expect(parseView('?layers=road*700,<script>,pipe_node*-3,park_green*nan').layers).toEqual([
      { id: 'road', opacity: 100 },
      { id: 'pipe_node', opacity: 100 },
      { id: 'park_green', opacity: 100 },
    ])
    expect(parseView('?feature=road/../../etc').selection).toBeNull()
    expect(parseView('?circle=<script>').circle).toBeNull()
  })
})
