/** Which layers are shown, and how strongly: pure steps from one choice to the next. */
import type { LayerInfo } from '@/client'
import type { LayerState } from '@/shared/viewState'

export type Choice = readonly LayerState[]

/** Layers that can be drawn; the others are tables only. */
export function isDrawn(layer: LayerInfo): boolean {
  return layer.geometry !== 'none'
}

export function defaultChoice(layers: readonly LayerInfo[]): LayerState[] {
  return layers.filter((layer) => layer.visible && isDrawn(layer)).map(({ id }) => ({ id, opacity: 100 }))
}

export function toggled(choice: Choice, ids: readonly string[], on: boolean): LayerState[] {
  const rest = choice.filter(({ id }) => on || !ids.includes(id))
  const known = new Set(rest.map(({ id }) => id))
  const added = on ? ids.filter((id) => !known.has(id)).map((id) => ({ id, opacity: 100 })) : []
  return [...rest, ...added]
}

export function withOpacity(choice: Choice, id: string, opacity: number): LayerState[] {
  return choice.map((state) => (state.id === id ? { id, opacity } : state))
}

/** Equal to the default means nothing to write into the address. */
export function isDefault(choice: Choice, layers: readonly LayerInfo[]): boolean {
  const standard = new Set(defaultChoice(layers).map(({ id }) => id))
  return choice.length === standard.size && choice.every(({ id, opacity }) => standard.has(id) && opacity === 100)
}

/** Ids that a link names and the reader may not see. */
export function absentFrom(choice: Choice, layers: readonly LayerInfo[]): string[] {
  const known = new Set(layers.map(({ id }) => id))
  return choice.filter(({ id }) => !known.has(id)).map(({ id }) => id)
}
