/** How many conflicts wait for a decision, for the menu of those who may decide. */
import { ref } from 'vue'
import type { Account } from '@/client'
import { fetchConflicts } from './api'

const DECIDERS: readonly Account['role'][] = ['planner', 'bureau', 'admin']
/** From here on the exact number says nothing more. */
export const MANY = 100

const open = ref(0)

export function useOpenCount() {
  async function count({ role }: Account): Promise<void> {
    if (!DECIDERS.includes(role)) {
      open.value = 0
      return
    }
    // The desk itself tells what is wrong; a menu without a number is no trouble.
    await fetchConflicts('open', MANY).then(({ length }) => (open.value = length), () => undefined)
  }
  return { open, count }
}
