/** Calls about circles and runs. */
import type { FeatureCollection, LineString, Point } from 'geojson'
import { ask, type Label } from '@/client'
import type { HomeProperties, Weight } from './answer'

export interface Circle {
  id: string
  title: Label
  mode: 'walk' | 'drive'
  limit: { metres: number | null; minutes: number | null; speed_kmh: number | null; field: string | null }
  facility: { layers: string[]; where: Record<string, unknown>[]; title: Label }
  members: readonly string[]
  target_share: number | null
  source: string
  evidence: string
}

export interface Share {
  covered: number | null
  total: number | null
  share: number | null
}

export type Measure = Weight | 'land'
export type Shares = Record<Weight, Share> & { land?: Share }

export interface UnitShares extends Record<Weight, Share> {
  code: string | null
  name: string | null
}

export interface Site {
  uid: string
  circle: string
  name: string | null
  cost: number
  demand: number | null
  farthest_m: number
}

export interface SitingSummary {
  model: string
  weight: Weight
  candidates: number
  sites: Site[]
  gap: number
  optimal: boolean
  share_before: number | null
  share_after: number | null
}

export interface Summary extends Shares {
  limit_m: number | null
  straight: Shares
  detour_loss: Partial<Record<Measure, number | null>>
  by_subdistrict: UnitShares[]
  least_served: { from_m: number | null; mean_m: number | null; mean_all_m: number | null; no_way: number | null } | null
  unreachable: { points: number; people: number | null }
  facilities: number
  network: { hash: string; date: string; edges: number; length_m: number; source: Label }
  withheld: string[]
  before?: Shares
  siting?: SitingSummary
}

export type Analysis = 'coverage' | 'siting'

export interface Run {
  id: string
  analysis: Analysis
  state: 'queued' | 'running' | 'done' | 'failed' | 'dismissed'
  progress: { done: number; total: number; step: string }
  parameters: Record<string, unknown>
  circle: { id: string; title: Label; target_share: number | null; target_source: string | null; source: string; evidence: string }
  inputs: Record<string, { revision: number | null; sha256: string }>
  versions: Record<string, string>
  data_status: Record<string, Record<string, number>>
  illustrative: boolean
  day: string
  scenario: { id: string; title: string } | null
  actor: string | null
  created_at: string
  finished_at: string | null
  problem: { detail?: string; detail_en?: string; remedy?: string; remedy_en?: string } | null
  summary: Summary | null
}

export type Homes = FeatureCollection<Point, HomeProperties>
export interface FacilityProperties {
  uid: string
  name: string | null
  code: string | null
  layer: string
  proposed?: boolean
  scenario?: boolean
}
export type Facilities = FeatureCollection<Point, FacilityProperties>
export type Route = FeatureCollection<LineString, { uid: string; facility_uid: string; metres: number; minutes: number | null; straight_m: number }>

export interface Comparison {
  run: string
  other: string
  gained: Record<Weight, number | null>
  lost: Record<Weight, number | null>
  shorter: Record<Weight, number | null>
  uids_in: string[]
  uids_out: string[]
  before: Record<Weight, Share>
  after: Record<Weight, Share>
}

export type Parameters = Record<string, string | number | boolean | undefined>

export async function fetchCircles(): Promise<Circle[]> {
  return (await ask<{ circles: Circle[] }>('/api/circles')).circles
}

export function startRun(analysis: Analysis, parameters: Parameters): Promise<Run> {
  return ask('/api/runs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ analysis, parameters }),
  })
}

export async function fetchRuns(analysis: Analysis, limit: number): Promise<Run[]> {
  return (await ask<{ runs: Run[] }>(`/api/runs?analysis=${analysis}&limit=${limit}`)).runs
}

/** The figures of a run, for its own limit or another one. */
export function fetchRun(id: string, limitM?: number): Promise<Run> {
  return ask(`/api/runs/${id}${limitM === undefined ? '' : `?limit_m=${limitM}`}`)
}

export function dismissRun(id: string): Promise<Run> {
  return ask(`/api/runs/${id}`, { method: 'DELETE' })
}

export function fetchHomes(id: string): Promise<Homes> {
  return ask(`/api/runs/${id}/demand`)
}

export function fetchFacilities(id: string): Promise<Facilities> {
  return ask(`/api/runs/${id}/facilities`)
}

export function fetchRoute(id: string, uid: string): Promise<Route> {
  return ask(`/api/runs/${id}/route?uid=${encodeURIComponent(uid)}`)
}

export function fetchComparison(one: string, other: string, limitM?: number): Promise<Comparison> {
  return ask(`/api/runs/${one}/compare/${other}${limitM === undefined ? '' : `?limit_m=${limitM}`}`)
}

export function uncoveredPath(id: string, limitM?: number): string {
  return `/api/runs/${id}/uncovered.xlsx${limitM === undefined ? '' : `?limit_m=${limitM}`}`
}

export function demandPath(id: string): string {
  return `/api/runs/${id}/demand`
}
