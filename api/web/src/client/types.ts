/** What the service answers, by the names the page uses; every shape comes from its OpenAPI document. */
import type { Feature, Geometry } from 'geojson'
import type { components, paths } from './schema'

type Schemas = components['schemas']

export type Label = Schemas['Label']
export type Group = Schemas['Group']
export type LayerInfo = Schemas['LayerDescription']
export type LegendItem = Schemas['LegendEntry']
export type FieldSpec = Schemas['FieldDescription']
export type Stage = Schemas['Stage']
export type Attribution = Schemas['AttributionNotice']
export type BaseMap = Schemas['BaseMap']
export type Target = Schemas['TargetState']
export type SearchHit = Schemas['SearchHit']
export type Account = Schemas['Me']

export type GeometryKind = LayerInfo['geometry']
export type Bounds = NonNullable<LayerInfo['bounds']>
export type Position2 = NonNullable<SearchHit['center']>
export type DataStatus = 'official' | 'surveyed' | 'derived' | 'illustrative'

export type Properties = Schemas['FeatureItem']['properties']
export type Value = Properties[string]
/** GeoJSON's own types say more about geometries than a JSON schema does. */
export type DistrictFeature = Feature<Geometry | null, Properties>

/** A refusal; answers of a proxy before the service may lack any of it. */
export type Problem = Partial<Schemas['Problem']>

/** JSON that `GET` on a path of the service answers. */
export type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } | { 'application/geo+json': infer Body } } } }
}
  ? Body
  : never
