import { describe, expect, it } from 'vitest'
import { buildTree, isIllustrative } from '@/modules/layers/tree'
import { layer } from '../../samples'

const groups = [
  { id: 'transport', title: { zh: '道路交通', en: 'Roads and railways' } },
  { id: 'environment', title: { zh: '绿地水系', en: 'Green and water' } },
  { id: 'digital', title: { zh: '信息基础', en: 'Digital infrastructure' } },
]
const layers = [
  layer('road', { group: 'transport', title: { zh: '道路', en: 'Roads' } }),
  layer('railway', { group: 'transport', title: { zh: '铁路', en: 'Railways' } }),
  layer('park_green', { group: 'environment', title: { zh: '公园绿地', en: 'Parks' } }),
]

function ids(text: string): string[][] {
  return buildTree(groups, layers, text).map((branch) => branch.layers.map(({ id }) => id))
}

describe('the tree of layers', () => {
  it('keeps the order of the groups and leaves empty ones out', () => {
    expect(ids('')).toEqual([['road', 'railway'], ['park_green']])
  })

  it('is narrowed by names in either language, or by a whole group', () => {
    expect(ids('铁路')).toEqual([['railway']])
    expect(ids('PARK')).toEqual([['park_green']])
    expect(ids('道路交通')).toEqual([['road', 'railway']])
    expect(ids('没有')).toEqual([])
  })

  it('flags layers that hold anything illustrative', () => {
    expect(isIllustrative(layer('a', { data_status: { illustrative: 3, official: 1 } }))).toBe(true)
    expect(isIllustrative(layer('a', { data_status: { official: 1 } }))).toBe(false)
  })
})
