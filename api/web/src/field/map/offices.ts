/** Outlines of the street offices: context for the map, kept for the time without signal. */
import type { FeatureCollection } from 'geojson'
import type { Database } from '../outbox/database'

const KEPT = 'offices'
const PATH = '/ogc/collections/admin_subdistrict/items?limit=200'

export async function keptOffices(database: Database): Promise<FeatureCollection | undefined> {
  return (await database.get('meta', KEPT)) as FeatureCollection | undefined
}

/** Ask for them and keep them; undefined where there is no answer. */
export async function fetchOffices(database: Database): Promise<FeatureCollection | undefined> {
  try {
    const response = await fetch(PATH)
    if (!response.ok) return undefined
    const { features } = (await response.json()) as FeatureCollection
    const told = features.map(({ geometry, properties }) => ({ type: 'Feature' as const, geometry, properties: { name: String(properties?.name ?? '') } }))
    const offices: FeatureCollection = { type: 'FeatureCollection', features: told }
    await database.put('meta', offices, KEPT)
    return offices
  } catch {
    return undefined
  }
}
