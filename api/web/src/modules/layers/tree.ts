/** The catalogue as the panel lists it: by group, narrowed by what the reader typed. */
import type { Group, LayerInfo } from '@/client'

export interface Branch {
  group: Group
  layers: LayerInfo[]
}

export function buildTree(groups: readonly Group[], layers: readonly LayerInfo[], text: string): Branch[] {
  const wanted = text.trim().toLowerCase()
  const branches = groups.map((group) => {
    const own = layers.filter((layer) => layer.group === group.id)
    const all = wanted === '' || names(group.title).includes(wanted)
    return { group, layers: all ? own : own.filter((layer) => names(layer.title).includes(wanted)) }
  })
  return branches.filter((branch) => branch.layers.length > 0)
}

export function isIllustrative(layer: LayerInfo): boolean {
  return (layer.data_status.illustrative ?? 0) > 0
}

function names({ zh, en }: { zh: string; en: string }): string {
  return `${zh} ${en}`.toLowerCase()
}
