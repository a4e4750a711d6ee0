/** Small catalogue entries and targets for the tests; only what a test names differs from these. */
import type { LayerInfo, Target } from '@/client'

export function layer(id: string, change: Partial<LayerInfo> = {}): LayerInfo {
  const text = { zh: id, en: id }
  return {
    id,
    title: text,
    description: text,
    group: 'transport',
    order: 1,
    visible: false,
    geometry: 'polygon',
    access: 'public',
    owner: text,
    source: text,
    licence: 'Apache-2.0',
    vintage: '2021',
    key: 'code',
    label_field: 'name',
    search_fields: ['code'],
    count: 1,
    revision: 1,
    bounds: null,
    data_status: {},
    fields: [],
    stages: [],
    legend: [],
    links: { items: `/ogc/collections/${id}/items`, tiles: null, style: null },
    ...change,
  }
}

export function target(id: string, change: Partial<Target> = {}): Target {
  return {
    id,
    title: { zh: id, en: id },
    chapter: '',
    section: '',
    quote: '',
    figure: '63片',
    value: 63,
    unit: { zh: '片', en: 'parcels' },
    horizon: 2025,
    kind: 'project',
    table1: null,
    layer: null,
    measure: measuredBy('count'),
    registered: 63,
    done: 41,
    share: null,
    direction: 'at_least',
    note: null,
    withheld: false,
    reached: null,
    unmeasured: 0,
    denominator: { zh: '', en: '' },
    data_status: {},
    illustrative: false,
    own_part: false,
    source: '',
    ...change,
  }
}

export function measuredBy(kind: NonNullable<Target['measure']>['kind']): NonNullable<Target['measure']> {
  return { kind, field: null, where: {}, done_where: {}, per: null, scale: 1 }
}
