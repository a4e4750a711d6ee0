/** What the board asks of the service. */
import { ask, type Answer } from '@/client'
import type { components } from '@/client/schema'

type Schemas = components['schemas']

export type Report = Schemas['ProgressReport']
export type TargetLine = Schemas['TargetProgress']
export type LateLine = Schemas['LateFeature']
export type Unit = Schemas['UnitProgress']
export type Figures = Schemas['LayerProgress']
export type Curve = Schemas['Curve']
export type Movements = Answer<'/api/progress/changes'>
export type LateReport = Movements['late'][number]
export type Movement = Movements['moved'][number]
export type Forecast = TargetLine['forecast']
export type By = 'subdistrict' | 'community'

export function fetchReport(at: string | null, by: By): Promise<Report> {
  return ask(`/api/progress?${new URLSearchParams({ ...(at ? { at } : {}), by })}`)
}

export function fetchCurve(target: string): Promise<Curve> {
  return ask(`/api/progress/curve?${new URLSearchParams({ target })}`)
}

export function fetchMovements(from: string, to: string): Promise<Movements> {
  return ask(`/api/progress/changes?${new URLSearchParams({ from, to })}`)
}
