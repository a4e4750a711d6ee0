/** Whether the server answers. Once it does not, it is asked again until it does, and what failed is read again. */
import { readonly, ref, type Ref } from 'vue'
import { troubleOf } from '@/client'

const ASK_AGAIN_MS = 3000

const online = ref(true)
const waiting = new Set<() => unknown>()
let timer: ReturnType<typeof setTimeout> | undefined

export function useConnection(): Readonly<Ref<boolean>> {
  return readonly(online)
}

/** Note an error; true if it means that the server does not answer. */
export function connectionLost(error: unknown): boolean {
  const lost = troubleOf(error) === 'offline'
  if (lost) noteOffline()
  return lost
}

export function noteOffline(): void {
  online.value = false
  timer ??= setTimeout(askAgain, ASK_AGAIN_MS)
}

/** Do something once when the server answers again. */
export function onReconnected(action: () => unknown): void {
  waiting.add(action)
}

async function askAgain(): Promise<void> {
  timer = undefined
  try {
    const response = await fetch('/healthz', { cache: 'no-store' })
    if (!response.ok) throw new Error(`status ${response.status}`)
  } catch {
    noteOffline()
    return
  }
  online.value = true
  const actions = [...waiting]
  waiting.clear()
  for (const action of actions) action()
}
