/** Calls about scenarios, and the roads and parcels that a scenario can change. */
import { ask, fetchRows, type DistrictFeature } from '@/client'
import type { components } from '@/client/schema'

export type Change =
  | { kind: 'add_facility'; layer: string; lon: number; lat: number; properties?: Record<string, unknown> }
  | { kind: 'open_road'; uid: string }
  | { kind: 'close_road'; uid: string }
  | { kind: 'reuse_parcel'; uid: string; as_layer: string; layer?: string; properties?: Record<string, unknown> }

/** As the service keeps it; which fields a change has depends on its kind. */
export type Scenario = Omit<components['schemas']['ScenarioRead'], 'changes'> & { changes: Change[] }

export type Edit = Partial<Pick<Scenario, 'title' | 'note' | 'changes'>>

function send(method: string, content: unknown): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) }
}

export async function fetchScenarios(): Promise<Scenario[]> {
  return (await ask<{ scenarios: Scenario[] }>('/api/scenarios')).scenarios
}

export function createScenario(title: string, changes: Change[] = []): Promise<Scenario> {
  return ask('/api/scenarios', send('POST', { title, changes }))
}

/** The version refuses the change where somebody else was faster. */
export function changeScenario(scenario: Scenario, edit: Edit): Promise<Scenario> {
  return ask(`/api/scenarios/${scenario.id}`, send('PUT', { ...edit, version: scenario.version }))
}

export function dropScenario(id: string): Promise<void> {
  return ask(`/api/scenarios/${id}`, { method: 'DELETE' })
}

export function acceptProposal(id: string, run: string): Promise<Scenario> {
  return ask(`/api/scenarios/${id}/accept`, send('POST', { run }))
}

/** Roads that do not exist yet, as the plan names them. */
const ROADS = { layer: 'road_project', kinds: ['overpass', 'dead_end'] } as const
export const PARCELS = { layer: 'shantytown_parcel', stage: 'cleared' } as const
const MOST_ROWS = 200

export async function fetchRoads(): Promise<DistrictFeature[]> {
  const answers = await Promise.all(ROADS.kinds.map((kind) => fetchRows(ROADS.layer, { kind }, MOST_ROWS)))
  return answers.flatMap(({ features }) => features as DistrictFeature[])
}

export async function fetchParcels(): Promise<DistrictFeature[]> {
  const { features } = await fetchRows(PARCELS.layer, { stage: PARCELS.stage }, MOST_ROWS)
  return features as DistrictFeature[]
}
