/** The selected feature, read from its permanent address; what is selected stands in the page's address. */
import { computed, shallowRef, watch } from 'vue'
import { fetchFeature, type DistrictFeature } from '@/client'
import { useLoad } from '@/shared/useLoad'
import { changeView, useView } from '@/shared/useView'
import type { Selection } from '@/shared/viewState'

/** One of several features that lie where the reader clicked. */
export interface Candidate extends Selection {
  title: string
}

const view = useView()
const candidates = shallowRef<readonly Candidate[]>([])
const load = useLoad<DistrictFeature | null>(() =>
  view.selection ? fetchFeature(view.selection.layer, view.selection.uid) : Promise.resolve(null),
)

watch(
  () => view.selection && `${view.selection.layer}/${view.selection.uid}`,
  (selected) => {
    load.clear()
    if (selected) void load.run()
  },
  { immediate: true },
)

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
