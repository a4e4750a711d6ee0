/** The selected feature, read from its permanent address; what is selected stands in the page's address. */
import { computed, shallowRef, watch } from 'vue'
import { fetchFeature, fetchRows, type DistrictFeature } from '@/client'
import { useRecorded } from '@/modules/progress'
import { useLoad } from '@/shared/useLoad'
import { changeView, useView } from '@/shared/useView'
import type { Selection } from '@/shared/viewState'

/** One of several features that lie where the reader clicked. */
export interface Candidate extends Selection {
  title: string
}

/** Codes are unique in a layer; a feature without one is found among all. */
const MOST_NAMESAKES = 10_000

const view = useView()
const candidates = shallowRef<readonly Candidate[]>([])
const load = useLoad<DistrictFeature | null>(async () => {
  const { selection, day } = view
  if (!selection) return null
  const feature = await fetchFeature(selection.layer, selection.uid)
  return day && 'stage' in feature.properties ? onDay(feature, selection.layer, day) : feature
})

/** The feature as it was registered at the end of a day, with the stage and the quantities of that day. */
async function onDay(feature: DistrictFeature, layer: string, day: string): Promise<DistrictFeature> {
  const { code } = feature.properties
  const { features } = await fetchRows(layer, { ...(code ? { code: String(code) } : {}), datetime: day }, MOST_NAMESAKES)
  const then = features.find(({ id }) => id === feature.id)
  return then ? { ...feature, properties: { ...feature.properties, ...then.properties } } : feature
}

watch(
  () => view.selection && `${view.selection.layer}/${view.selection.uid}`,
  (selected) => {
    load.clear()
    if (selected) void load.run()
  },
  { immediate: true },
)
watch([() => view.day, useRecorded()], () => {
  if (view.selection) void load.run()
})

function select(next: readonly Candidate[], at = 0): void {
  candidates.value = next
  const chosen = next[at]
  if (chosen) changeView({ selection: { layer: chosen.layer, uid: chosen.uid }, tab: 'feature' })
}

function clear(): void {
  candidates.value = []
  changeView({ selection: null })
}

export function useFeature() {
  return {
    selection: computed(() => view.selection),
    feature: load.value,
    error: load.error,
    slow: load.slow,
    reload: load.run,
    candidates,
    select,
    clear,
  }
}
