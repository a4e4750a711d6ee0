import { describe, expect, it } from 'vitest'
import { distanceTo } from '@/field/distance'
import { ownPlace, projectsOf, touched } from '@/field/map/drawing'
import { CLASS_COLOURS, looksOf } from '@/field/map/stages'
import type { SyncFeature, SyncLayer } from '@/field/types'
import { entry } from '../samples'

const stage = (id: string, more: { done?: boolean; aside?: boolean } = {}) => ({ id, label: { zh: `段${id}`, en: id }, done: false, aside: false, ...more })
const move = (from: string, to: string) => ({ from, to, kind: 'forward' as const, evidence: false, second_person: false, reason: false })
const layer: SyncLayer = {
  id: 'shantytown_parcel', title: { zh: '棚户区', en: 'Parcels' }, payload_version: 1, measures: [],
  stages: [stage('planned'), stage('signing'), stage('cleared', { done: true }), stage('suspended', { aside: true })],
  moves: [move('planned', 'signing'), move('signing', 'cleared')],
}

function square(uid: string, x: number, y: number, size: number, more: Partial<SyncFeature> = {}): SyncFeature {
  const ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
  return {
    layer: layer.id, uid, revision: 1, code: uid.toUpperCase(), name: null, subdistrict: null, community: null, planned_finish: null, data_status: null,
    stage: 'planned', since: null, left: null, track: [], measures: {}, limits: {}, pending: [], may_record: true,
    geometry: { type: 'Polygon', coordinates: [ring] }, ...more,
  }
}

describe('the colours of stages', () => {
  it('run from grey to deep green along the course, and put aside what stands still', () => {
    expect(looksOf(layer).map(({ colour }) => colour)).toEqual(['#a2a09d', '#967526', '#163721', '#e4e1d8'])
    expect(looksOf(layer).map((look) => look.class)).toEqual(['planned', 'underway', 'done', 'aside'])
  })
})

describe('the projects on the map', () => {
  it('stand where they will once the outbox is sent, and say that something waits', () => {
    const moved = entry('e1', 1, { uid: 'a', kind: 'transition', payload: { to: 'signing' } })
    const [first, second] = projectsOf([square('a', 0, 0, 1), square('b', 2, 0, 1)], [layer], [moved], layer.id).features
    expect(first?.properties).toMatchObject({ key: 'shantytown_parcel/a', stage: 'signing', colour: '#967526', waiting: true })
    expect(second?.properties).toMatchObject({ stage: 'planned', colour: '#a2a09d', waiting: false })
  })

  it('have the colour of their class where all layers are shown, and only one layer where it is chosen', () => {
    const both = [square('a', 0, 0, 1, { stage: 'suspended' }), square('c', 0, 0, 1, { layer: 'old_compound' })]
    const other = { ...layer, id: 'old_compound' }
    expect(projectsOf(both, [layer, other], [], '').features.map(({ properties }) => properties?.colour)).toEqual([CLASS_COLOURS.aside, CLASS_COLOURS.planned])
    expect(projectsOf(both, [layer, other], [], 'old_compound').features).toHaveLength(1)
  })

  it('leave out what has no outline or no form', () => {
    expect(projectsOf([square('a', 0, 0, 1, { geometry: null }), square('b', 0, 0, 1, { layer: 'unknown' })], [layer], [], '').features).toEqual([])
  })
})

describe('a touch', () => {
  const small = square('small', 0.4, 0.4, 0.2)
  const large = square('large', 0, 0, 1)
  const beside = square('beside', 2, 0, 1)
  const all = new Set(['small', 'large', 'beside'].map((uid) => `${layer.id}/${uid}`))

  it('is for everything that lies under the finger', () => {
    expect(touched(all, [small, large, beside], 0.5, 0.5).map(({ uid }) => uid).sort()).toEqual(['large', 'small'])
  })

  it('is for the nearest where nothing lies under the finger, and for nothing far away', () => {
    expect(touched(all, [small, large, beside], 1.9, 0.5).map(({ uid }) => uid)).toEqual(['beside'])
    expect(touched(new Set(), [small, large], 0.5, 0.5)).toEqual([])
  })
})

describe('the own position', () => {
  it('is a point in a circle as wide as it is uncertain', () => {
    const { features } = ownPlace({ lon: 123.7, lat: 42.3, accuracy_m: 30 })
    expect(features.map(({ geometry }) => geometry.type)).toEqual(['Polygon', 'Point'])
    const circle = features[0]?.geometry
    if (circle?.type !== 'Polygon') throw new Error('no circle')
    const ring = circle.coordinates[0] ?? []
    expect(ring[0]).toEqual(ring.at(-1))
    for (const [lon = 0, lat = 0] of ring) expect(distanceTo({ type: 'Point', coordinates: [lon, lat] }, 123.7, 42.3)).toBeCloseTo(30, 1)
  })

  it('is nothing while it is unknown', () => {
    expect(ownPlace(undefined).features).toEqual([])
  })
})
