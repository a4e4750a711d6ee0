/**
 * Sending entries until their receipts are here.
 *
 * Nothing counts as saved before its receipt. Each entry keeps its id however often it is sent, so that an answer lost
 * on the way costs nothing; what was changed after a send gets a new id only once the server says that it never saw
 * the old one.
 */
import { computed, ref, shallowRef } from 'vue'
import { RefusedError, troubleOf, type Problem } from '@/client'
import { connectionLost } from '@/shared/useConnection'
import { findReceipt, sendEvent, type EventSent, type FeatureState, type Receipt } from './api'
import { noteRecorded } from './recorded'

export type Outcome =
  | { state: 'idle' | 'sending' | 'unknown' }
  | { state: 'saved'; receipts: readonly Receipt[] }
  | { state: 'refused' | 'conflict'; problem: Problem }
  | { state: 'failed'; error: unknown }

export interface Place {
  layer: string
  uid: string
}

export function useSending(place: () => Place) {
  const outcome = shallowRef<Outcome>({ state: 'idle' })
  /** Entries without a receipt, in order. */
  const waiting = ref<EventSent[]>([])
  const receipts: Receipt[] = []
  const state = shallowRef<FeatureState | null>(null)

  async function send(entries: readonly EventSent[]): Promise<void> {
    receipts.length = 0
    waiting.value = [...entries]
    await flush()
  }

  /** Send what has no receipt; the same ids as before. */
  async function flush(): Promise<void> {
    outcome.value = { state: 'sending' }
    const { layer, uid } = place()
    try {
      for (let [next] = waiting.value; next; [next] = waiting.value) {
        const recorded = await sendEvent(layer, uid, next)
        receipts.push(recorded.receipt)
        state.value = recorded.state
        waiting.value = waiting.value.slice(1)
      }
      outcome.value = { state: 'saved', receipts: [...receipts] }
    } catch (error) {
      outcome.value = outcomeOf(error)
    }
    if (receipts.length > 0) noteRecorded()
  }

  /** After an answer was lost: did the entry arrive? If not, it is safe to change it. */
  async function settle(): Promise<void> {
    const [first] = waiting.value
    if (!first) return
    try {
      const found = await findReceipt(first.id)
      receipts.push(found.receipt)
      waiting.value = waiting.value.slice(1)
      if (waiting.value.length === 0) {
        outcome.value = { state: 'saved', receipts: [...receipts] }
        noteRecorded()
      } else await flush()
    } catch (error) {
      if (troubleOf(error) === 'missing') reset()
      else outcome.value = outcomeOf(error)
    }
  }

  /** Take up entries that an earlier visit sent and that were not answered. */
  function resume(entries: readonly EventSent[]): void {
    waiting.value = [...entries]
    outcome.value = { state: 'unknown' }
  }

  function reset(): void {
    waiting.value = []
    outcome.value = { state: 'idle' }
  }

  return { outcome, state, waiting, busy: computed(() => outcome.value.state === 'sending'), send, flush, settle, resume, reset }
}

function outcomeOf(error: unknown): Outcome {
  if (connectionLost(error)) return { state: 'unknown' }
  if (error instanceof RefusedError) {
    if (error.status === 409 || error.status === 412) return { state: 'conflict', problem: error.problem }
    if (error.status < 500) return { state: 'refused', problem: error.problem }
  }
  return { state: 'failed', error }
}
