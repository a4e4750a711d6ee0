/** Calls about scenarios, and the roads and parcels that a scenario can change. */
import { ask, fetchRows, type DistrictFeature } from '@/client'
import type { components } from '@/client/schema'
import { filtersOf, type Choice } from './choices'

export type Change =
  | { kind: 'add_facility'; layer: string; lon: number; lat: number; properties?: Record<string, unknown> }
  | { kind: 'open_road'; uid: string }
  | { kind: 'close_road'; uid: string }
  | { kind: 'reuse_parcel'; uid: string; as_layer: string; layer?: string; properties?: Record<string, unknown> }

/** As the service keeps it; which fields a change has depends on its kind. */
export type Scenario = Omit<components['schemas']['ScenarioRead'], 'changes'> & { changes: Change[] }

export type Choices = components['schemas']['ScenarioChoices']

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

const MOST_ROWS = 200

/** What a scenario can change, as the catalogue of this server says. */
export async function fetchChoices(): Promise<Choices> {
  return (await ask<components['schemas']['Circles']>('/api/circles')).choices
}

export async function fetchChosen(choices: readonly Choice[]): Promise<DistrictFeature[]> {
  const asked = choices.flatMap((choice) => filtersOf(choice).map((filter) => ({ layer: choice.layer, filter })))
  const answers = await Promise.all(asked.map(({ layer, filter }) => fetchRows(layer, filter, MOST_ROWS)))
  return answers.flatMap(({ features }) => features as DistrictFeature[])
}
