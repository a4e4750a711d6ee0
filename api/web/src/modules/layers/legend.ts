/** Numbers beside the items of a legend. */
import type { LayerInfo } from '@/client'

/** A legend's item stands for the stage of the same name. */
export function legendCounts(layer: Pick<LayerInfo, 'legend' | 'stages'>, counts: Readonly<Record<string, number>> | undefined): (number | null)[] {
  return layer.legend.map(({ label }) => {
    const stage = layer.stages.find((each) => each.label.zh === label.zh)
    return stage && counts ? (counts[stage.id] ?? 0) : null
  })
}
