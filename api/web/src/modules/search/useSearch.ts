/** Asking while the reader types: a short wait, and only the latest answer counts. */
import { onBeforeUnmount, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { search, type SearchHit } from '@/client'
import { connectionLost } from '@/shared/useConnection'

const WAIT_MS = 120
const LIMIT = 12

export interface Search {
  hits: ShallowRef<SearchHit[]>
  /** The text that `hits` answers; empty before the first answer. */
  answered: Ref<string>
  error: ShallowRef<unknown>
}

export function useSearch(text: Ref<string>): Search {
  const hits = shallowRef<SearchHit[]>([])
  const answered = ref('')
  const error = shallowRef<unknown>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking: AbortController | undefined

  function stop(): void {
    clearTimeout(timer)
    asking?.abort()
  }

  async function ask(wanted: string): Promise<void> {
    const controller = new AbortController()
    asking = controller
    try {
      hits.value = await search(wanted, LIMIT, controller.signal)
      answered.value = wanted
      error.value = null
    } catch (caught) {
      if (controller.signal.aborted) return
      connectionLost(caught)
      hits.value = []
      answered.value = wanted
      error.value = caught
    }
  }

  watch(text, (next) => {
    stop()
    const wanted = next.trim()
    if (wanted === '') {
      hits.value = []
      answered.value = ''
      error.value = null
      return
    }
    timer = setTimeout(() => void ask(wanted), WAIT_MS)
  })
  onBeforeUnmount(stop)

  return { hits, answered, error }
}
