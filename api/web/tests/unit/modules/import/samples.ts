/** Small imports for the tests; only what a test names differs from these. */
import type { Import, ImportJudgement, ImportPreview } from '@/modules/import/types'

export function judgement(change: Partial<ImportJudgement> = {}): ImportJudgement {
  return {
    layer: 'shantytown_parcel',
    file: 'a.zip',
    verdict: 'ok',
    mode: 'upsert',
    encoding: 'GBK',
    encoding_candidates: [],
    crs: { chosen: null, candidates: [] },
    datum: null,
    columns: {},
    column_candidates: [],
    matching: { new: 0, changed: 0, unchanged: 0, ambiguous: 0, missing: 0 },
    rows: { in: 6, kept: 5, rejected: 1 },
    deleted: 0,
    issues: [],
    issues_total: 0,
    batch: null,
    ...change,
  } as ImportJudgement
}

export function anImport(change: Partial<Import> = {}): Import {
  return {
    id: 'one',
    state: 'ready',
    progress: { done: 0, total: 0, step: '', step_en: '' },
    layer: 'shantytown_parcel',
    layer_candidates: [],
    mode: 'upsert',
    files: [],
    choices: { crs: null, encoding: null, sheet: null, columns: {}, units: {}, datum: null, data_status: 'surveyed', keep_valid: false },
    sheets: [],
    questions: [],
    report: judgement(),
    batch: null,
    problem: null,
    actor: 'planner',
    created_at: '2026-11-24T00:00:00Z',
    updated_at: '2026-11-24T00:00:00Z',
    links: { self: '', preview: null, confirm: null, undo: null, rejected_csv: null, rejected_xlsx: null },
    ...change,
  }
}

export function aPreview(change: Partial<ImportPreview> = {}): ImportPreview {
  const none = { type: 'FeatureCollection', features: [] } as const
  return { candidates: [], features: { ...none, features: [] }, problems: { ...none, features: [] }, samples: {}, matches: [], matches_total: 0, truncated: false, ...change }
}
