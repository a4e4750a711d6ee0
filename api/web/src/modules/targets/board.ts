/** The plan's targets as the board lists them, and what each bar means. */
import type { Group, LayerInfo, Target } from '@/client'

export type Filter = 'all' | Target['kind']

export interface Section {
  id: string
  /** Null for targets that no layer carries. */
  group: Group | null
  targets: Target[]
}

/** Sections in the order of the layer groups; what is measured comes before what is not, and what has no layer last. */
export function sectionsOf(
  targets: readonly Target[],
  groups: readonly Group[],
  layers: ReadonlyMap<string, LayerInfo>,
  filter: Filter,
): Section[] {
  const wanted = measuredFirst(targets.filter((target) => filter === 'all' || target.kind === filter), isMeasured)
  const groupOf = (target: Target): string => (target.layer ? (layers.get(target.layer)?.group ?? '') : '')
  const sections: Section[] = groups.map((group) => ({
    id: group.id,
    group,
    targets: wanted.filter((target) => groupOf(target) === group.id),
  }))
  sections.push({ id: 'other', group: null, targets: wanted.filter((target) => groupOf(target) === '') })
  const filled = sections.filter((section) => section.targets.length > 0)
  return measuredFirst(filled, (section) => section.group !== null && section.targets.some(isMeasured))
}

/** What is not known of the day, each sentence once. */
export function notesOf<Note extends { zh: string }>(registers: readonly { note: Note | null }[]): Note[] {
  const notes = registers.flatMap(({ note }) => (note ? [note] : []))
  return [...new Map(notes.map((note) => [note.zh, note])).values()]
}

function isMeasured(target: Target): boolean {
  return !('silence' in standingOf(target))
}

function measuredFirst<T>(things: readonly T[], measured: (thing: T) => boolean): T[] {
  return [...things.filter(measured), ...things.filter((thing) => !measured(thing))]
}

/** Why a target shows no bar. */
export type Silence = 'withheld' | 'manual' | 'byRun' | 'notMeasured'

export type Standing =
  | { share: number; registeredShare: number }
  /** Measured, and the plan gives no number to hold it against. */
  | { counted: true }
  | { silence: Silence }

/** Share done of the figure, and share registered (drawn paler behind it); both kept within the bar. */
export function standingOf(target: Target): Standing {
  const { value, done, registered, share } = target
  const portion = share ?? (value && done !== null ? done / value : null)
  if (portion === null) return done !== null && !target.withheld ? { counted: true } : { silence: silenceOf(target) }
  return { share: within(portion), registeredShare: within(value && registered !== null ? registered / value : portion) }
}

function silenceOf(target: Target): Silence {
  if (target.withheld) return 'withheld'
  if (!target.measure || target.measure.kind === 'manual') return 'manual'
  return target.measure.kind === 'coverage' ? 'byRun' : 'notMeasured'
}

function within(share: number): number {
  return Math.min(1, Math.max(0, share))
}
