/** Whether the window is too narrow for panels beside the map (phones, and desktops at 200 % zoom). */
import { readonly, ref, type Ref } from 'vue'

const query = window.matchMedia('(max-width: 860px)')
const narrow = ref(query.matches)
query.addEventListener('change', () => (narrow.value = query.matches))

export function useNarrow(): Readonly<Ref<boolean>> {
  return readonly(narrow)
}
