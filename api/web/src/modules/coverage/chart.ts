/** The bars of the street offices: along the streets in front of the straight line's. */
import { BarChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import type { Answer, Weight } from './answer'
import { COVERED } from './drawing'

use([BarChart, GridComponent, TooltipComponent, CanvasRenderer])

export type OfficeRow = Answer['bySubdistrict'][number]

const ROW_PX = 24
const FONT = 'Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif'

export function chartHeight(rows: number): number {
  return rows * ROW_PX + 26
}

/** Offices without a figure have no bar. The least covered stand on top, as in the table. */
export function chartOption(rows: readonly OfficeRow[], weight: Weight, words: { network: string; straight: string; unknown: string }) {
  const shares = (kind: 'network' | 'straight') =>
    rows.map((row) => (kind === 'network' ? row[weight].share : row.straight[weight].share)).map((share) => (share === null ? null : Math.round(share * 10) / 10))
  const text = { fontFamily: FONT, fontSize: 11, color: '#20251f' }
  const category = {
    type: 'category',
    inverse: true,
    data: rows.map(({ name, code }) => name ?? code ?? words.unknown),
    axisTick: { show: false },
    axisLine: { show: false },
  }
  return {
    animation: false,
    textStyle: text,
    grid: { left: 4, right: 44, top: 2, bottom: 20, containLabel: true },
    tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: (value: unknown) => (typeof value === 'number' ? `${value}%` : '—'), textStyle: text, confine: true },
    xAxis: { type: 'value', max: 100, axisLabel: { ...text, color: '#555a50', formatter: '{value}%' }, splitLine: { lineStyle: { color: '#e3dfd2' } } },
    // Bars of two axes lie on each other's middle, whatever their width.
    yAxis: [
      { ...category, axisLabel: { ...text, width: 96, overflow: 'truncate' } },
      { ...category, show: false },
    ],
    series: [
      { name: words.straight, type: 'bar', data: shares('straight'), yAxisIndex: 1, barWidth: 16, itemStyle: { color: '#ddd8c8' } },
      {
        name: words.network,
        type: 'bar',
        data: shares('network'),
        barWidth: 10,
        itemStyle: { color: COVERED },
        label: { show: true, position: 'right', distance: 5, formatter: '{c}%', ...text },
        z: 3,
      },
    ],
  }
}
