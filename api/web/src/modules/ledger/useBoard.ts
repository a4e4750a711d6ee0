/** The board of the day that is looked at: one report for all its lists, and where a list's figures come from. */
import { computed, ref, watch } from 'vue'
import { fetchFeature } from '@/client'
import { useTexts } from '@/i18n'
import { boundsOf, showBounds } from '@/map'
import { useCatalogue, useChoice } from '@/modules/layers'
import { dayIn, useRecorded } from '@/modules/progress'
import { useSession } from '@/modules/session'
import { notesOf } from '@/modules/targets'
import { useLoad } from '@/shared/useLoad'
import { changeView, useView } from '@/shared/useView'
import { fetchReport, type By, type Report } from './api'

const REST_MS = 250

export function useBoard() {
  const view = useView()
  const { account } = useSession()
  const by = ref<By>('subdistrict')
  const load = useLoad(() => fetchReport(view.day, by.value))
  let timer: ReturnType<typeof setTimeout> | undefined

  watch(
    [() => view.day, by, () => account.value.name, useRecorded()],
    (_, before) => {
      clearTimeout(timer)
      timer = setTimeout(() => void load.run(), before.length > 0 ? REST_MS : 0)
    },
    { immediate: true },
  )
  return { report: load.value, error: load.error, slow: load.slow, run: load.run, by }
}

/** Show a feature on the map without leaving the board. */
export function useShow() {
  const { shown, set } = useChoice()
  return async (layer: string, uid: string): Promise<void> => {
    if (!shown.value.has(layer)) set([layer], true)
    changeView({ selection: { layer, uid } })
    const { geometry } = await fetchFeature(layer, uid)
    const bounds = geometry && boundsOf(geometry)
    if (bounds) showBounds(bounds)
  }
}

/** What every exported list says of itself, and what nobody recorded of the day of its report. */
export function useNotes(report: () => Report | null = () => null) {
  const { t, label } = useTexts()
  const { catalogue, byId } = useCatalogue()
  const notes = computed<(readonly [string, string])[]>(() => [
    [t('ledger.notes.made'), dayIn(new Date())],
    [t('ledger.notes.plan'), label(catalogue.value?.district.plan)],
    ...notesOf(Object.values(report()?.registers ?? {})).map((note) => [t('ledger.notes.register'), label(note)] as const),
    ...(catalogue.value?.illustrative ? [[t('ledger.notes.status'), t('ledger.notes.illustrative')] as const] : []),
  ])
  return { notes, titleOf: (layer: string): string => label(byId.value.get(layer)?.title ?? layer) }
}
