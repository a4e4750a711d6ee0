import { describe, expect, it } from 'vitest'
import type { Circle } from '@/modules/coverage'
import type { Change } from '@/modules/scenarios/api'
import { isOpened, without, withFacility, withParcel, withRoad } from '@/modules/scenarios/changes'

const CLINICS = { facility: { layers: ['public_facility'], where: [{ layer: 'public_facility', kind: ['clinic', 'hospital'] }] } } as unknown as Circle

describe('changes', () => {
  it('opens a road once and takes it back', () => {
    const opened = withRoad(withRoad([], 'bridge', true), 'bridge', true)
    expect(opened).toEqual([{ kind: 'open_road', uid: 'bridge' }])
    expect(isOpened(opened, 'bridge')).toBe(true)
    expect(withRoad(opened, 'bridge', false)).toEqual([])
  })

  it('places a facility of the kind that the circle counts', () => {
    expect(withFacility([], CLINICS, [123.84111111, 42.28])).toEqual([
      { kind: 'add_facility', layer: 'public_facility', lon: 123.841111, lat: 42.28, properties: { kind: 'clinic' } },
    ])
  })

  it('reuses a parcel once', () => {
    const once = withParcel([], CLINICS, 'p')
    expect(once).toEqual([{ kind: 'reuse_parcel', uid: 'p', as_layer: 'public_facility', properties: { kind: 'clinic' } }])
    expect(withParcel(once, CLINICS, 'p')).toEqual(once)
  })

  it('removes one change and leaves the list it was given alone', () => {
    const list: Change[] = [{ kind: 'open_road', uid: 'a' }, { kind: 'close_road', uid: 'b' }]
    expect(without(list, 0)).toEqual([{ kind: 'close_road', uid: 'b' }])
    expect(list).toHaveLength(2)
  })
})
