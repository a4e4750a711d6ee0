/** Between which days the district can be looked at; read once the map stands, and again after every entry. */
import { computed, watch } from 'vue'
import { ask, type Answer } from '@/client'
import { useRecorded } from '@/modules/progress'
import { useLoad } from '@/shared/useLoad'
import { useView } from '@/shared/useView'

const view = useView()
const load = useLoad(() => ask<Answer<'/api/progress/days'>>('/api/progress/days', { cache: 'no-cache' }))
const period = computed(() => load.value.value)
/** The day that is looked at: the last one unless the reader chose another. */
const shownDay = computed(() => view.day ?? period.value?.last ?? null)

watch(useRecorded(), () => {
  if (period.value) void load.run()
})

export function usePeriod() {
  return { period, shownDay, error: load.error, read: load.run }
}
