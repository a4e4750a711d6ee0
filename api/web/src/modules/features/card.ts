/** What a feature's card says: values with units and labels, and where on its course the feature stands. */
import type { DataStatus, FieldSpec, Label, LayerInfo, Properties, Stage, Value } from '@/client'
import { formatNumber, withUnit } from '@/shared/format'
import type { Language } from '@/shared/viewState'

/** Shown in their own places on the card: heading, stage track, foot. */
const ELSEWHERE = new Set(['code', 'name', 'stage', 'stage_date', 'data_status', 'source', 'uid', 'revision'])

export interface Words {
  yes: string
  no: string
  unit(id: string): string
}

export interface Fact {
  id: string
  title: Label
  /** Null where the value is missing. */
  text: string | null
  /** The text is data, written in Chinese whatever the page's language. */
  chinese: boolean
}

export function factsOf(layer: LayerInfo, properties: Properties, language: Language, words: Words): Fact[] {
  const shown = layer.fields.filter(
    ({ id }) => id in properties && id !== layer.label_field && !ELSEWHERE.has(id) && (id !== 'note' || properties.note),
  )
  return shown.map((field) => {
    const value = properties[field.id] ?? null
    const coded = field.values.some(({ id }) => id === value)
    return {
      id: field.id,
      title: field.title,
      text: formatValue(field, value, language, words),
      chinese: field.type === 'text' && !coded,
    }
  })
}

/** Columns of a layer's table: what names a row first; what is the same on every row stays on the card. */
export function columnsOf(layer: LayerInfo): FieldSpec[] {
  const own = layer.fields.filter(({ id }) => !['source', 'data_status', 'note', 'subdistrict', 'community'].includes(id))
  const rank = (field: FieldSpec): number => (field.id === layer.key ? 0 : field.id === layer.label_field ? 1 : 2)
  return own.sort((a, b) => rank(a) - rank(b))
}

export function formatValue(field: FieldSpec, value: Value, language: Language, words: Words): string | null {
  if (value === null || value === '') return null
  const coded = field.values.find(({ id }) => id === value)
  if (coded) return coded.label[language]
  if (field.type === 'boolean') return value === true || value === 1 ? words.yes : words.no
  if (typeof value !== 'number') return formatText(field, String(value), words)
  const unit = field.unit ? words.unit(field.unit) : ''
  // A year is a name, not a quantity: no separators.
  return field.unit === null && /year/.test(field.id) ? String(value) : withUnit(formatNumber(value, language), unit)
}

function formatText(field: FieldSpec, text: string, words: Words): string {
  if (field.type === 'datetime') return text.slice(0, 16).replace('T', ' ')
  // A column may hold the unit of its neighbour, for instance quantity_unit.
  return field.id.endsWith('unit') ? words.unit(text) : text
}

export function titleOf(layer: LayerInfo, properties: Properties): string {
  const named = [properties[layer.label_field], properties.name, properties[layer.key], properties.code]
  return String(named.find((value) => value !== null && value !== undefined && value !== '') ?? '')
}

export interface Step {
  stage: Stage
  place: 'passed' | 'current' | 'ahead'
}

/** The normal course with the current stage marked; a feature set aside has its stage alone, after the course. */
export function trackOf(stages: readonly Stage[], current: Value): Step[] {
  const course = stages.filter((stage) => !stage.aside)
  const at = course.findIndex((stage) => stage.id === current)
  const steps = course.map((stage, index): Step => ({ stage, place: index < at ? 'passed' : index === at ? 'current' : 'ahead' }))
  const aside = stages.find((stage) => stage.aside && stage.id === current)
  return aside ? [...steps, { stage: aside, place: 'current' }] : steps
}

/** A stage that a feature reached, as its story tells it. */
export interface Reached {
  stage: string
  on: string | null
  actor: string | null
}

/** When each stage was last reached by the end of a day, and by whom; who went back reached some of them twice. */
export function reachedBy(track: readonly Reached[], day: string | null): Map<string, Reached> {
  const known = track.filter(({ on }) => day === null || on === null || on <= day)
  return new Map(known.map((step) => [step.stage, step]))
}

export function statusOf(properties: Properties): DataStatus | null {
  const status = properties.data_status
  return status === 'official' || status === 'surveyed' || status === 'derived' || status === 'illustrative' ? status : null
}
