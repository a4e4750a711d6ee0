/** Word of every entry that the ledger took from this page: whoever shows figures or tiles reads them again. */
import { readonly, ref, type Ref } from 'vue'

const count = ref(0)

export function useRecorded(): Readonly<Ref<number>> {
  return readonly(count)
}

export function noteRecorded(): void {
  count.value += 1
}
