/** What the import desk answers, by the names the page uses. */
import type { Feature, Geometry } from 'geojson'
import type { DataStatus, Label, Problem } from '@/client'

export type ImportState = 'reading' | 'judging' | 'needs_confirmation' | 'ready' | 'refused' | 'storing' | 'stored' | 'undone' | 'failed'
export type ImportMode = 'upsert' | 'replace'
export type Question = 'layer' | 'sheet' | 'crs' | 'encoding' | 'columns' | 'datum'

export interface DatumPoint {
  source: [number, number]
  target: [number, number]
  name?: string | null
}

export interface Datum {
  kind: 'seven' | 'four' | 'points'
  dx_m?: number | null
  dy_m?: number | null
  dz_m?: number | null
  rx_arcsec?: number | null
  ry_arcsec?: number | null
  rz_arcsec?: number | null
  rotation_arcsec?: number | null
  scale_ppm?: number | null
  convention?: 'position_vector' | 'coordinate_frame' | null
  source_crs?: string | null
  target_crs?: string | null
  points?: DatumPoint[] | null
}

/** What a person decides; what is left out stays, null takes a decision back. */
export interface ImportChange {
  layer?: string | null
  mode?: ImportMode | null
  crs?: string | null
  encoding?: string | null
  sheet?: string | null
  columns?: Record<string, string> | null
  datum?: Datum | null
  data_status?: DataStatus | null
  keep_valid?: boolean | null
}

export interface ImportChoices {
  crs: string | null
  encoding: string | null
  sheet: string | null
  columns: Record<string, string>
  datum: Datum | null
  data_status: DataStatus
  keep_valid: boolean
}

interface Evidence {
  score: number
  evidence: string[]
  evidence_en: string[]
}

export interface LayerCandidate extends Evidence {
  id: string
  title: Label
}

export interface CrsCandidate extends Evidence {
  id: string
  title: Label
  same_as: string[]
  needs_parameters: boolean
  bounds: number[]
}

export interface EncodingCandidate extends Evidence {
  id: string
}

export interface ColumnCandidate extends Evidence {
  column: string
  field: string | null
  verdict: 'certain' | 'ask' | 'none'
  alternatives: { field: string; score: number }[]
}

export interface ImportIssue {
  level: 'error' | 'warning' | 'info'
  code: string
  where: string
  message: string
  message_en: string
}

export interface ImportBatch {
  id: string
  layer: string
  revision: number
  recorded_at: string
  actor: string
  inserted: number
  updated: number
  unchanged: number
  deleted: number
}

export interface MatchCounts {
  new: number
  changed: number
  unchanged: number
  ambiguous: number
  missing: number
}

export interface ImportJudgement {
  layer: string
  file: string
  verdict: 'ok' | 'needs_confirmation' | 'refuse'
  mode: ImportMode
  encoding: string | null
  encoding_candidates: EncodingCandidate[]
  crs: { chosen: string | null; candidates: CrsCandidate[]; verdict?: 'certain' | 'ask' | 'refuse' | null; reason?: string | null; reason_en?: string | null }
  datum: { kind: Datum['kind']; parameters: Record<string, number | string>; residuals_m: [number, number][]; rms_m: number | null; against: 'control_points' | 'register' | 'nothing' } | null
  columns: Record<string, string | null>
  column_candidates: ColumnCandidate[]
  matching: MatchCounts
  rows: { in: number; kept: number; rejected: number }
  deleted: number
  issues: ImportIssue[]
  issues_total: number
  batch: ImportBatch | null
}

export interface Import {
  id: string
  state: ImportState
  progress: { done: number; total: number; step: string; step_en: string }
  layer: string | null
  layer_candidates: LayerCandidate[]
  mode: ImportMode
  files: { name: string; bytes: number; sha256: string }[]
  choices: ImportChoices
  sheets: { name: string; kind: 'sheet' | 'layer' | 'member'; rows: number | null; chosen: boolean }[]
  questions: Question[]
  report: ImportJudgement | null
  batch: string | null
  problem: Problem | null
  actor: string
  created_at: string
  updated_at: string
  links: { self: string; preview: string | null; confirm: string | null; undo: string | null; rejected_csv: string | null; rejected_xlsx: string | null }
}

export type MatchStatus = 'new' | 'changed' | 'unchanged' | 'ambiguous' | 'missing'

export interface RowMatch {
  row: number | null
  uid: string | null
  title: string | null
  status: MatchStatus
  by: 'code' | 'name' | 'geometry' | null
  changed: string[]
}

export type Drawn = Feature<Geometry | null, Record<string, unknown>>

export interface DrawnFeatures {
  type: 'FeatureCollection'
  features: Drawn[]
}

export interface ImportPreview {
  candidates: { id: string; title: Label; geojson: DrawnFeatures }[]
  features: DrawnFeatures
  problems: DrawnFeatures
  samples: Record<string, unknown[]>
  matches: RowMatch[]
  matches_total: number
  truncated: boolean
}

export interface ImportUndone {
  undone: { restored: number; removed: number; brought_back: number }
  later_edits: { uid: string; revision: number; at: string; actor: string; kept: boolean }[]
}
