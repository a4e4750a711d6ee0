/** The buildings' own outlines, read once: near by, a building is coloured and not a dot on it. */
import type { FeatureCollection, Geometry } from 'geojson'
import { shallowRef } from 'vue'
import { ask } from '@/client'

/** Above this a district is drawn as dots at every scale. */
const MOST = 10_000

const shapes = shallowRef<ReadonlyMap<string, Geometry> | null>(null)
let asked: string | null = null

async function load(layer: string): Promise<void> {
  if (asked === layer) return
  asked = layer
  try {
    const query = new URLSearchParams({ limit: String(MOST) })
    const answer = await ask<FeatureCollection & { numberMatched: number }>(`/ogc/collections/${encodeURIComponent(layer)}/items?${query}`)
    if (answer.numberMatched > answer.features.length) return
    shapes.value = new Map(answer.features.map(({ id, geometry }) => [String(id), geometry]))
  } catch {
    // Dots say the same; the next run asks again.
    asked = null
  }
}

export function useShapes() {
  return { shapes, load }
}
