/** One thing read from the server: its value, what went wrong, and whether it takes long enough to say so. */
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { connectionLost, onReconnected } from './useConnection'

/** Anything quicker than this shows no sign of loading at all. */
const PATIENCE_MS = 300

export interface Load<T> {
  value: ShallowRef<T | null>
  error: ShallowRef<unknown>
  slow: Ref<boolean>
  run(): Promise<void>
  clear(): void
}

export function useLoad<T>(read: () => Promise<T>): Load<T> {
  const value = shallowRef<T | null>(null)
  const error = shallowRef<unknown>(null)
  const slow = ref(false)
  let latest = 0

  async function run(): Promise<void> {
    const turn = ++latest
    const timer = setTimeout(() => (slow.value = turn === latest), PATIENCE_MS)
    try {
      const answer = await read()
      if (turn !== latest) return
      value.value = answer
      error.value = null
    } catch (caught) {
      if (turn !== latest) return
      error.value = caught
      if (connectionLost(caught)) onReconnected(run)
    } finally {
      clearTimeout(timer)
      if (turn === latest) slow.value = false
    }
  }

  function clear(): void {
    latest += 1
    value.value = null
    error.value = null
    slow.value = false
  }

  return { value, error, slow, run, clear }
}
