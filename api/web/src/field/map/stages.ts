/** Colours of the stages: from grey through ochre to deep green along the course; what stands still is pale and dashed. */
import type { Label, SyncLayer } from '../types'

/** The district map's own ramp for shantytown parcels. */
const RAMP = ['#a2a09d', '#e9cea1', '#deae5c', '#c38b31', '#967526', '#686625', '#375324', '#163721'] as const
const ASIDE = '#e4e1d8'

export type StageClass = 'planned' | 'underway' | 'done' | 'aside'

export interface StageLook {
  id: string
  label: Label
  colour: string
  class: StageClass
}

/** A look for every stage of a layer, in the order of its course. */
export function looksOf({ stages }: Pick<SyncLayer, 'stages'>): StageLook[] {
  const course = stages.filter(({ aside }) => !aside)
  return stages.map(({ id, label, done, aside }) => {
    const at = course.findIndex((stage) => stage.id === id)
    const colour = aside ? ASIDE : (RAMP[Math.round((at / Math.max(1, course.length - 1)) * (RAMP.length - 1))] ?? RAMP[0])
    return { id, label, colour, class: aside ? 'aside' : done ? 'done' : at === 0 ? 'planned' : 'underway' }
  })
}

/** One colour for each class, for a legend of several layers at once. */
export const CLASS_COLOURS: Readonly<Record<StageClass, string>> = { planned: RAMP[0], underway: RAMP[3], done: RAMP[6], aside: ASIDE }
