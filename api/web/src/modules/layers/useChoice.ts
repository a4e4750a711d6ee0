/** The reader's choice of layers, kept in the address. */
import { computed } from 'vue'
import { changeView, useView } from '@/shared/useView'
import { absentFrom, defaultChoice, isDefault, toggled, withOpacity, type Choice } from './choice'
import { useCatalogue } from './useCatalogue'

const view = useView()
const { layers, byId } = useCatalogue()

const choice = computed<Choice>(() => view.layers ?? defaultChoice(layers.value))
const shown = computed<ReadonlyMap<string, number>>(
  () => new Map(choice.value.filter(({ id }) => byId.value.has(id)).map(({ id, opacity }) => [id, opacity])),
)
const absent = computed(() => absentFrom(choice.value, layers.value))

function choose(next: Choice): void {
  changeView({ layers: isDefault(next, layers.value) ? null : [...next] })
}

export function useChoice() {
  return {
    shown,
    absent,
    changed: computed(() => view.layers !== null),
    set: (ids: readonly string[], on: boolean) => choose(toggled(choice.value, ids, on)),
    fade: (id: string, opacity: number) => choose(withOpacity(choice.value, id, opacity)),
    reset: () => changeView({ layers: null }),
  }
}
