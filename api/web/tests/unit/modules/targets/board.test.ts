import { describe, expect, it } from 'vitest'
import { sectionsOf, standingOf } from '@/modules/targets/board'
import { layer, measuredBy, target } from '../../samples'

const groups = [{ id: 'renewal', title: { zh: '更新改造', en: 'Renewal' } }, { id: 'digital', title: { zh: '信息基础', en: 'Digital' } }]
const layers = new Map([['shantytown_parcel', layer('shantytown_parcel', { group: 'renewal' })]])

describe('sections of the board', () => {
  const targets = [target('a', { layer: 'pipe_segment' }), target('b', { layer: 'shantytown_parcel' }), target('c', { kind: 'binding' })]

  it('follow the groups; hidden layers and none come last', () => {
    expect(sectionsOf(targets, groups, layers, 'all').map(({ id, targets: own }) => [id, own.map((one) => one.id)])).toEqual([
      ['renewal', ['b']],
      ['other', ['a', 'c']],
    ])
  })

  it('put what is measured before what is not', () => {
    const silent = target('s', { layer: 'shantytown_parcel', done: null })
    expect(sectionsOf([silent, ...targets], groups, layers, 'all')[0]?.targets.map(({ id }) => id)).toEqual(['b', 's'])
  })

  it('are narrowed by kind', () => {
    expect(sectionsOf(targets, groups, layers, 'binding').map(({ id }) => id)).toEqual(['other'])
  })
})

describe('where a target stands', () => {
  it('is done of the figure', () => {
    expect(standingOf(target('a', { value: 63, done: 41, registered: 63 }))).toEqual({ share: 41 / 63, registeredShare: 1 })
  })

  it('prefers the share that the server computed, and stays within the bar', () => {
    expect(standingOf(target('a', { share: 1.4, registered: 90 }))).toEqual({ share: 1, registeredShare: 1 })
  })

  it.each([
    ['manual', 'manual'],
    ['byRun', 'coverage'],
    ['notMeasured', 'count'],
  ] as const)('says %s where there is no figure yet', (silence, measure) => {
    expect(standingOf(target('a', { done: null, share: null, measure: measuredBy(measure) }))).toEqual({ silence })
  })

  it('is counted where the plan gives no number', () => {
    expect(standingOf(target('a', { value: null, done: 8.9 }))).toEqual({ counted: true })
  })

  it('is not told to those who may not see its layer', () => {
    expect(standingOf(target('a', { done: null, withheld: true }))).toEqual({ silence: 'withheld' })
  })

  it('is known to be zero when nothing is done', () => {
    expect(standingOf(target('a', { done: 0, registered: 0 }))).toEqual({ share: 0, registeredShare: 0 })
  })
})
