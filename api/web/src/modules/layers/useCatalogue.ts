/** The catalogue and the style, read together; what the reader may see depends on who they are. */
import type { StyleSpecification } from 'maplibre-gl'
import { computed } from 'vue'
import { fetchCatalogue, fetchStyle, type Answer, type LayerInfo } from '@/client'
import { useLoad } from '@/shared/useLoad'

interface Content {
  catalogue: Answer<'/-/layers'>
  style: StyleSpecification
}

const load = useLoad<Content>(async () => {
  const [catalogue, style] = await Promise.all([fetchCatalogue(), fetchStyle()])
  return { catalogue, style }
})

const catalogue = computed(() => load.value.value?.catalogue ?? null)
const style = computed(() => load.value.value?.style ?? null)
const layers = computed<readonly LayerInfo[]>(() => catalogue.value?.layers ?? [])
const byId = computed<ReadonlyMap<string, LayerInfo>>(() => new Map(layers.value.map((layer) => [layer.id, layer])))

export function useCatalogue() {
  return { catalogue, style, layers, byId, error: load.error, slow: load.slow, reload: load.run }
}
