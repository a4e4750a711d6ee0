/** An entry of the ledger in a few words. */
import type { LayerInfo } from '@/client'
import { useTexts } from '@/i18n'
import { formatNumber, withUnit } from '@/shared/format'
import type { Language } from '@/shared/viewState'
import type { StoryEvent } from './api'

type Entry = Pick<StoryEvent, 'kind' | 'payload'>

/** Keys of payloads that are no quantities. */
const NO_QUANTITIES = new Set(['to', 'stage', 'on', 'reason', 'evidence', 'batch', 'replaces', 'illustrative', 'measures'])

export function useWhat(layer: () => LayerInfo | undefined): (event: Entry) => string {
  const { t, label } = useTexts()
  const stage = (id: unknown): string => label(layer()?.stages.find((each) => each.id === id)?.label ?? String(id ?? ''))
  return ({ kind, payload }) => {
    if (kind === 'transition') return t('progress.history.kind.transition', { to: stage(payload.to) })
    if (kind === 'opening') return t('progress.history.kind.opening', { to: stage(payload.stage) })
    if (kind === 'approval') return t(`progress.history.kind.${payload.granted === true ? 'approvalGranted' : 'approvalRejected'}`)
    return t(`progress.history.kind.${kind}`)
  }
}

/** Quantities that an entry reports, as “title: value unit”. */
export function useQuantities(layer: () => LayerInfo | undefined): (event: Entry) => string[] {
  const { t, te, label, locale } = useTexts()
  return ({ kind, payload }) => {
    const given = kind === 'measure' ? payload : kind === 'opening' ? ((payload.measures ?? {}) as Record<string, unknown>) : {}
    return Object.entries(given).flatMap(([name, value]) => {
      if (typeof value !== 'number' || NO_QUANTITIES.has(name)) return []
      const field = layer()?.fields.find(({ id }) => id === name)
      const unit = field?.unit ?? ''
      const told = withUnit(formatNumber(value, locale.value as Language), te(`unit.${unit}`) ? t(`unit.${unit}`) : unit)
      return [`${field ? label(field.title) : name} ${told}`]
    })
  }
}
