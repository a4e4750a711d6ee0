import { expect, it } from 'vitest'
import type { LegendItem, Stage } from '@/client'
import { legendCounts } from '@/modules/layers/legend'

it('a legend counts the items that are named as a stage is, and no others', () => {
  const named = (zh: string) => ({ label: { zh, en: zh }, symbol: 'fill', color: '#000000', outline: null, dash: null }) as unknown as LegendItem
  const stage = (id: string, zh: string): Stage => ({ id, label: { zh, en: id }, done: false, aside: false })
  const layer = { legend: [named('未启动'), named('暂停'), named('桥梁')], stages: [stage('planned', '未启动'), stage('suspended', '暂停')] }
  expect(legendCounts(layer, { planned: 12 })).toEqual([12, 0, null])
  expect(legendCounts(layer, undefined)).toEqual([null, null, null])
})
