/** Shapes of the pull, from the service's own description. */
import type { Feature } from 'geojson'
import type { components } from '@/client/schema'

type Schemas = components['schemas']

export type Label = Schemas['Label']
export type SyncLayer = Schemas['SyncLayer']
export type SyncMove = Schemas['SyncMove']
export type SyncFeature = Omit<Schemas['SyncFeature'], 'geometry'> & { geometry: Feature['geometry'] | null }
export type SyncPulled = Omit<Schemas['SyncPulled'], 'features' | 'decisions'> & { features: SyncFeature[]; decisions?: SyncDecision[] }
export type SyncSize = Schemas['SyncSize']
export type SyncPushed = Schemas['SyncPushed']
export type Account = Schemas['Me']

export interface Fix {
  lon: number
  lat: number
  accuracy_m: number | null
}

/** What the office decided about a record of this phone's account. */
export interface SyncDecision {
  id: string
  layer: string
  uid: string
  keep: 'phone' | 'office' | 'both'
  reason: string
  by: string
  at: string
}
