/** How many features stand at each stage on the day that is looked at, for the legend. */
import { computed, watch } from 'vue'
import { ask, type Answer } from '@/client'
import { useRecorded } from '@/modules/progress'
import { useSession } from '@/modules/session'
import { useLoad } from '@/shared/useLoad'
import { useView } from '@/shared/useView'

/** Days that pass by while the years are played are not counted. */
const REST_MS = 250

const view = useView()
const { account } = useSession()
const load = useLoad(() => ask<Answer<'/api/progress/stages'>>(view.day ? `/api/progress/stages?at=${view.day}` : '/api/progress/stages'))
let started = false
let timer: ReturnType<typeof setTimeout> | undefined

watch([() => view.day, () => account.value.name, useRecorded()], () => {
  clearTimeout(timer)
  if (started) timer = setTimeout(() => void load.run(), REST_MS)
})

export function useStageCounts() {
  return {
    counts: computed(() => load.value.value?.layers ?? null),
    start: () => {
      if (!started) void load.run()
      started = true
    },
  }
}
