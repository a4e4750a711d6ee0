/** The board of the day that is looked at, read again whenever the day or the reader's rights change. */
import { watch } from 'vue'
import { fetchTargets } from '@/client'
import { useLoad } from '@/shared/useLoad'
import { useView } from '@/shared/useView'

const REST_MS = 250
const view = useView()
const load = useLoad(() => fetchTargets(view.day))
let timer: ReturnType<typeof setTimeout> | undefined

watch(
  () => view.day,
  () => {
    // Whoever has not asked for the board yet reads it for the right day when they do.
    if (!load.value.value) return
    clearTimeout(timer)
    timer = setTimeout(() => void load.run(), REST_MS)
  },
)

export function useTargets() {
  return { board: load.value, error: load.error, slow: load.slow, reload: load.run }
}
