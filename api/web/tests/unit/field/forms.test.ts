import { expect, it } from 'vitest'
import { distanceTo } from '@/field/distance'
import { emptyDraft, momentOf, recordsOf } from '@/field/draft'
import { faultOf, fitting, misfit, offered, standing } from '@/field/forms'
import { after, type Entry } from '@/field/outbox/machine'
import { fitted } from '@/field/photos'
import en from '@/field/texts/en.json'
import zh from '@/field/texts/zh.json'
import type { SyncFeature, SyncLayer, SyncMove } from '@/field/types'

const move = (from: string, to: string, more: Partial<SyncMove> = {}): SyncMove => ({ from, to, kind: 'forward', evidence: false, second_person: false, reason: false, ...more })
const layer: SyncLayer = {
  id: 'l', title: { zh: '图层', en: 'Layer' }, payload_version: 1, stages: [],
  moves: [move('a', 'b'), move('b', 'c', { second_person: true }), move('a', 'off', { kind: 'aside' }), move('off', 'a', { kind: 'resume' }), move('off', 'b', { kind: 'resume' })],
  measures: [],
}
const feature: SyncFeature = {
  layer: 'l', uid: 'u', revision: 7, code: 'P01', name: null, subdistrict: null, community: null, planned_finish: null, data_status: null, stage: 'a', since: null,
  left: null, track: [], measures: {}, limits: {}, pending: [], may_record: true,
  geometry: { type: 'Polygon', coordinates: [[[123.84, 42.29], [123.841, 42.29], [123.841, 42.291], [123.84, 42.291], [123.84, 42.29]]] },
}
let made = 0
const around = { owner: 'wang', at: new Date('2024-07-01T01:00:00Z'), clock: 0, place: null, id: () => `id${made++}` }
const moved = (to: string, at = around) => recordsOf({ ...emptyDraft(), to }, feature, layer, at) as Entry[]

it('offers only the next moves, also after those that still wait on the phone', () => {
  expect(offered(layer, standing(feature, layer, [])).map(({ to }) => to)).toEqual(['b', 'off'])
  const first = moved('b')
  expect(offered(layer, standing(feature, layer, first)).map(({ to }) => to)).toEqual(['c'])
  const second = moved('c', { ...around, at: new Date('2024-07-01T02:00:00Z') })
  expect(standing(feature, layer, [...first, ...second])).toMatchObject({ stage: 'b', waitsFor: 'c' })
  expect(offered(layer, standing(feature, layer, [...first, ...second]))).toEqual([])
  const refused = after(first, { type: 'turnedDown', id: String(first[0]?.id), reason: { code: '', zh: '', en: '' }, conflict: false })
  expect(standing(feature, layer, refused).stage).toBe('a')
})

it('resumes where it was left', () => {
  expect(offered(layer, standing({ ...feature, stage: 'off', left: 'a' }, layer, [])).map(({ to }) => to)).toEqual(['a'])
})

it('measures to the edge of a parcel and nothing inside it', () => {
  expect(distanceTo(feature.geometry, 123.8405, 42.2905)).toBe(0)
  // 0.001 degrees of latitude south of the southern edge: 111.32 m.
  expect(distanceTo(feature.geometry, 123.8405, 42.289)).toBeCloseTo(111.32, 1)
  expect(distanceTo({ type: 'Point', coordinates: [123.84, 42.29] }, 123.84, 42.29)).toBe(0)
  expect(distanceTo(null, 1, 1)).toBeNull()
})

it('says what is wrong with a quantity', () => {
  expect(['', '-1', 'x'].map((text) => faultOf(text, false, 0, 9))).toEqual(['notANumber', 'notANumber', 'notANumber'])
  expect([faultOf('1.5', true, 0, 9), faultOf('1', true, 2, 9), faultOf('10', true, 2, 9), faultOf('9', true, 2, 9)]).toEqual(['notWhole', 'shrinks', 'overLimit', undefined])
})

it('makes a record of each kind that a form speaks of, and keeps both clocks where they differ', () => {
  const photos = [{ id: 'p', bytes: 5, taken_at: '2024-07-01T00:59:00Z', place: { lon: 1, lat: 2, accuracy_m: 3 } }]
  const items = recordsOf({ ...emptyDraft(), note: '看过', quantities: { households: '5', other: '' }, photos }, feature, layer, { ...around, clock: 7_200_000 })
  expect(items.map((item) => (item.type === 'event' ? item.kind : item.type))).toEqual(['photo', 'measure', 'note', 'photo'])
  const entries = items.filter((item): item is Entry => item.type === 'event')
  expect(entries[0]?.payload).toEqual({ households: 5 })
  expect(entries[1]?.payload).toEqual({ text: '看过', device_at: '2024-06-30T23:00:00.000Z' })
  expect(entries[2]).toMatchObject({ photos: ['p'], base_revision: 7, payload: { taken_at: '2024-07-01T00:59:00Z' }, place: { lon: 1 } })
  expect(new Set(items.map(({ order }) => order)).size).toBe(4)
})

it('makes photos small and keeps their shape', () => {
  expect(fitted(4000, 3000)).toEqual([1600, 1200])
  expect(fitted(800, 600)).toEqual([800, 600])
})

it('has every text in both languages', () => {
  const keys = (texts: object, path = ''): string[] => Object.entries(texts).flatMap(([key, value]) => (typeof value === 'object' ? keys(value as object, `${path}${key}.`) : [path + key]))
  expect(keys(en).sort()).toEqual(keys(zh).sort())
})

it('names what of a draft a changed form has no room for, and keeps the rest', () => {
  const area = { field: 'area', title: { zh: '面积', en: 'Area' }, unit: 'm2', whole: false }
  const draft = { ...emptyDraft(), to: 'b', note: '看过', quantities: { area: '5', households: '3', dwellings: ' ' } }
  const today = { ...layer, measures: [area] }
  expect(misfit(draft, [move('a', 'b')], { ...today, measures: [area, { ...area, field: 'households' }] })).toEqual({ quantities: [] })
  const found = misfit(draft, [move('a', 'c')], today)
  expect(found).toEqual({ move: 'b', quantities: ['households'] })
  expect(fitting(draft, found)).toMatchObject({ to: '', note: '看过', quantities: { area: '5' } })
})

it('keeps the order of writing when somebody sets the clock back', () => {
  const [first] = moved('signing') as [Entry]
  const now = first.order - 3_600_000
  expect(momentOf(now, feature, [first]).getTime()).toBe(first.order + 1)
  expect(momentOf(now, { ...feature, uid: 'other' }, [first]).getTime()).toBe(now)
  expect(momentOf(first.order + 5, feature, [first]).getTime()).toBe(first.order + 5)
})
