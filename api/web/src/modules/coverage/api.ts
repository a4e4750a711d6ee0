/** Calls about circles and runs. */
import type { FeatureCollection, LineString, Point } from 'geojson'
import { ask } from '@/client'
import type { components } from '@/client/schema'
import type { HomeProperties, Weight } from './answer'

type Schemas = components['schemas']

export type Circle = Schemas['CircleDescription']
export type Share = Schemas['Share']
export type UnitShares = Schemas['UnitShare']
export type Summary = Schemas['RunSummary']
export type Run = Schemas['Run']
export type Comparison = Schemas['RunComparison']
export type Analysis = Run['analysis']
export type Measure = Weight | 'land'

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
