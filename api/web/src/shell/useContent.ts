/** What the map shows: the chosen layers on the chosen day, and on the left of a curtain on an earlier one. */
import { computed, type Ref } from 'vue'
import { withHatch, type MapContent } from '@/map'
import { useCatalogue, useChoice } from '@/modules/layers'
import { styleOnDay, usePeriod } from '@/modules/time'
import { useView } from '@/shared/useView'

/** `settled`: the first picture stands. What only adds to it, the hatching, does not delay it. */
export function useContent(settled: Ref<boolean>) {
  const view = useView()
  const { catalogue, style, layers } = useCatalogue()
  const { shown } = useChoice()
  const { period, error, read } = usePeriod()
  // An address with a day shows that day at once, not today's map first.
  if (view.day || view.before) void read()

  const hatched = computed(() => (settled.value && style.value ? withHatch(style.value) : style.value))
  const kinds = computed(() => new Map(layers.value.map((layer) => [layer.id, layer.geometry])))
  const staged = computed(() => new Set(layers.value.filter(({ stages }) => stages.length > 0).map(({ id }) => id)))

  function onDay(day: string | null): MapContent | null {
    if (!hatched.value || (day && !period.value && !error.value)) return null
    const drawn = day && period.value ? styleOnDay(hatched.value, staged.value, day, period.value.ledger) : hatched.value
    return { style: drawn, shown: shown.value, baseMap: catalogue.value?.base_map ?? null, kinds: kinds.value }
  }

  return {
    content: computed(() => onDay(view.day)),
    earlier: computed(() => (view.before ? onDay(view.before) : null)),
  }
}
