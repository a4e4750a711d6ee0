/** One thing at a time that changes something: whether it is under way, and why it did not work. */
import { ref, shallowRef } from 'vue'

export function useDoing() {
  const busy = ref(false)
  const error = shallowRef<unknown>(null)

  /** True if it worked. */
  async function doing(work: () => Promise<void>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    error.value = null
    try {
      await work()
      return true
    } catch (caught) {
      error.value = caught
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, error, doing }
}
