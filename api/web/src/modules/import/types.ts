/** What the import desk answers, by the names the page uses; every shape comes from the service's OpenAPI document. */
import type { Feature, Geometry } from 'geojson'
import type { components } from '@/client/schema'

type Schemas = components['schemas']

export type Import = Schemas['Import']
export type ImportState = Import['state']
export type ImportMode = Import['mode']
export type ImportChange = Schemas['ImportChange']
export type ImportJudgement = Schemas['ImportJudgement']
export type ImportIssue = Schemas['ImportIssue']
export type ImportUndone = Schemas['ImportUndone']
export type Datum = Schemas['Datum']
export type DatumPoint = Schemas['DatumPoint']
export type CrsCandidate = Schemas['CrsCandidate']
export type ColumnCandidate = Schemas['ColumnCandidate']
export type ColumnUnit = Schemas['ColumnUnit']
export type RowMatch = Schemas['RowMatch']
export type MatchStatus = RowMatch['status']

/** GeoJSON's own types say more about shapes than a JSON schema does. */
export type Drawn = Feature<Geometry | null, Record<string, unknown>>

export interface DrawnFeatures {
  type: 'FeatureCollection'
  features: Drawn[]
}

export type ImportPreview = Omit<Schemas['ImportPreview'], 'candidates' | 'features' | 'problems'> & {
  candidates: (Omit<Schemas['DrawnCandidate'], 'geojson'> & { geojson: DrawnFeatures })[]
  features: DrawnFeatures
  problems: DrawnFeatures
}
