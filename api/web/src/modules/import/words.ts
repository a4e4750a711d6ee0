/** Small judgements about an import that several parts of the desk share. */
import type { FieldSpec, Problem } from '@/client'
import type { Language } from '@/shared/viewState'
import type { ColumnCandidate, ColumnUnit, DatumPoint, Drawn, DrawnFeatures, Import, ImportChange, ImportIssue, ImportJudgement, ImportPreview, ImportState } from './types'

export type Verdict = 'working' | 'ok' | 'ask' | 'refuse' | 'done' | 'undone'

const VERDICTS: Record<ImportState, Verdict> = {
  reading: 'working',
  judging: 'working',
  storing: 'working',
  needs_confirmation: 'ask',
  ready: 'ok',
  refused: 'refuse',
  failed: 'refuse',
  stored: 'done',
  undone: 'undone',
}

export function verdictOf({ state }: Pick<Import, 'state'>): Verdict {
  return VERDICTS[state]
}

/** A sentence that the service gives in both languages under two names. */
export function inLanguage(language: Language, zh: string | null | undefined, en: string | null | undefined): string {
  return (language === 'zh' ? zh : en) ?? ''
}

/** Share of the steps that are done, from 0 to 1. */
export function shareDone({ progress }: Pick<Import, 'progress'>): number {
  return progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0
}

export function formatBytes(bytes: number, language: Language): string {
  const [value, unit] = bytes < 1e3 ? [bytes, 'B'] : bytes < 1e6 ? [bytes / 1e3, 'kB'] : [bytes / 1e6, 'MB']
  return `${new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { maximumFractionDigits: 1 }).format(value)} ${unit}`
}

/** Date and minute as the reader's own clock shows them. */
export function formatTime(iso: string, language: Language): string {
  const time = new Date(iso)
  if (Number.isNaN(time.valueOf())) return iso
  return new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { dateStyle: 'short', timeStyle: 'short' }).format(time)
}

export interface ColumnRow {
  column: string
  samples: string[]
  /** Field id, '' where the column is left out, null where nobody knows. */
  field: string | null
  /** A person said so, before or just now. */
  decided: boolean
  candidate: ColumnCandidate | undefined
}

/** Columns of the file in its order, with what each is taken for and what a person said instead. */
export function columnRows(report: ImportJudgement, preview: ImportPreview | null, made: Readonly<Record<string, string>>, draft: Readonly<Record<string, string>>): ColumnRow[] {
  const names = new Set([...Object.keys(preview?.samples ?? {}), ...Object.keys(report.columns)])
  const candidates = new Map(report.column_candidates.map((one) => [one.column, one]))
  return [...names].map((column) => ({
    column,
    samples: (preview?.samples[column] ?? []).map(textOf).filter((text) => text !== '').slice(0, 3),
    field: draft[column] ?? made[column] ?? report.columns[column] ?? null,
    decided: column in draft || column in made,
    candidate: candidates.get(column),
  }))
}

/** The unit a column is read in, unless it was just given to another field. */
export function unitsOf(report: ImportJudgement, row: Pick<ColumnRow, 'column' | 'field'>): ColumnUnit[] {
  return (report.units ?? []).filter(({ column, field }) => column === row.column && field === row.field)
}

export function unitName(unit: ColumnUnit, id: string, language: Language): string {
  return unit.options.find((option) => option.id === id)?.title[language] ?? id
}

/** Fields that two columns claim; each can be only one. */
export function claimedTwice(rows: readonly ColumnRow[]): Set<string> {
  const counts = new Map<string, number>()
  for (const { field } of rows) if (field) counts.set(field, (counts.get(field) ?? 0) + 1)
  return new Set([...counts].filter(([, count]) => count > 1).map(([field]) => field))
}

export function fieldName(fields: readonly FieldSpec[], id: string, language: Language): string {
  return fields.find((field) => field.id === id)?.title[language] ?? id
}

export function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Where on the map an issue lies, if the preview has its shape. */
export function placeOf(issue: ImportIssue, problems: DrawnFeatures | undefined): Drawn | null {
  const same = (problems?.features ?? []).filter(({ geometry, properties }) => geometry && properties.code === issue.code)
  const row = rowOf(issue.where)
  return (
    same.find(({ properties }) => properties.where === issue.where || (row !== null && properties.row === row)) ??
    same.find(({ properties }) => (properties.message as { zh?: string } | undefined)?.zh === issue.message) ??
    null
  )
}

function rowOf(where: string): number | null {
  const [, row] = /^第 ?(\d+) ?行$/.exec(where) ?? []
  return row === undefined ? null : Number(row)
}

export interface ReadPoints {
  points: DatumPoint[]
  /** Lines, counted from 1, that do not hold four numbers. */
  bad: number[]
}

/** Read control points as they are copied from a table: an optional name, then east and north in both systems. */
export function readPoints(text: string): ReadPoints {
  const points: DatumPoint[] = []
  const bad: number[] = []
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const parts = line.trim().split(/[\s,，;；]+/)
    const numbers = parts.slice(-4).map(Number)
    const [a, b, c, d] = numbers
    if (parts.length < 4 || a === undefined || b === undefined || c === undefined || d === undefined || numbers.some((one) => !Number.isFinite(one))) {
      bad.push(at + 1)
      continue
    }
    const name = parts.slice(0, -4).join(' ')
    points.push({ source: [a, b], target: [c, d], ...(name ? { name } : {}) })
  }
  return { points, bad }
}

/** The choices that differ from what was decided already; an empty answer means nothing to judge again. */
export function changed(one: Pick<Import, 'layer' | 'mode' | 'choices'>, draft: ImportChange): ImportChange {
  const now: Record<string, unknown> = { ...one.choices, layer: one.layer, mode: one.mode }
  const kept = Object.entries(draft).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(now[name]))
  return Object.fromEntries(kept)
}

/** Files that belong together are sent together: a Shapefile's members have one stem. */
export function partsMissing(names: readonly string[]): string[] {
  const lower = names.map((name) => name.toLowerCase())
  return lower
    .filter((name) => name.endsWith('.shp'))
    .flatMap((name) => ['.dbf', '.shx'].map((end) => name.replace(/\.shp$/, end)))
    .filter((part) => !lower.includes(part))
}

/** Whether the way from an old datum has to be given, or was. */
export function needsDatum({ questions, report, choices }: Pick<Import, 'questions' | 'report' | 'choices'>): boolean {
  if (questions.includes('datum') || choices.datum || report?.datum) return true
  const chosen = report?.crs.candidates.find(({ id }) => id === (report.crs.chosen ?? choices.crs))
  return chosen?.needs_parameters ?? false
}

/** Why an import cannot be stored, and what to do about it, as sentences. */
export function whyRefused({ problem, report }: Pick<Import, 'problem' | 'report'>, language: Language): string[] {
  if (problem) {
    const told = problem as Problem
    return [inLanguage(language, told.detail, told.detail_en), inLanguage(language, told.remedy, told.remedy_en)].filter(Boolean)
  }
  if (!report) return []
  const errors = report.issues.filter(({ level }) => level === 'error')
  const said = new Set(errors.map((issue) => inLanguage(language, issue.message, issue.message_en)))
  return [...said].slice(0, 3)
}
