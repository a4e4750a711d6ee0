/** Keeps the map equal to what the open import shows. */
import type { Geometry } from 'geojson'
import type { MapGeoJSONFeature } from 'maplibre-gl'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { setExtra, showBounds } from '@/map'
import { fetchOutline } from './api'
import { asBounds, boundsOfAll, CLICKABLE_SHAPES, drawingOf, type Shown } from './drawing'
import type { Drawn, Import, ImportPreview, MatchStatus } from './types'
import { useDesk } from './useDesk'

const OWNER = 'import'

const { current, preview, draft } = useDesk()
const outline = shallowRef<readonly Geometry[]>([])
const picked = ref<string | null>(null)
const shown = ref<Shown>('changes')
const hidden = reactive(new Set<MatchStatus>())
/** Row or uid that was clicked on the map. */
const touched = ref<string | null>(null)
const active = ref(false)

const candidates = computed(() => current.value?.report?.crs.candidates ?? [])
const canSwitch = computed(() => (preview.value?.candidates.length ?? 0) > 0 && (preview.value?.features.features.length ?? 0) > 0)
const settled = computed(() => current.value?.state === 'stored' || current.value?.state === 'undone')

function draw(): void {
  if (!active.value || !preview.value || settled.value) {
    setExtra(OWNER, null)
    return
  }
  const scene = { shown: shown.value, outline: outline.value, preview: preview.value, candidates: candidates.value, picked: picked.value, hidden }
  setExtra(OWNER, { ...drawingOf(scene), onClick })
}

function onClick(features: readonly MapGeoJSONFeature[]): boolean {
  const hit = features.find(({ layer }) => (CLICKABLE_SHAPES as readonly string[]).includes(layer.id))
  const candidate = (hit ?? features[0])?.properties.candidate as string | undefined
  if (candidate) {
    picked.value = candidate
    draft.crs = candidate
    return true
  }
  touched.value = hit ? keyOf(hit.properties) : null
  return hit !== undefined
}

/** How a shape and its line in the table find each other. */
export function keyOf(one: { row?: unknown; uid?: unknown }): string {
  return typeof one.row === 'number' ? `row ${one.row}` : `uid ${String(one.uid)}`
}

function readOutline(): void {
  if (outline.value.length > 0) return
  // The outline is a help for the eye; without it the candidates are drawn all the same.
  fetchOutline().then(
    (found) => (outline.value = found),
    () => undefined,
  )
}

/** Show what has just been judged: the candidates while the system is open, what would change otherwise. */
function frame(): void {
  const next = preview.value
  const one = current.value
  if (!next || !one || !active.value || settled.value) return
  shown.value = opening(one, next)
  picked.value = draft.crs ?? one.report?.crs.chosen ?? null
  lookAt(shown.value === 'candidates' ? (next.candidates[0]?.geojson.features ?? []) : coming(next.features.features))
}

function opening({ questions }: Import, { candidates: possible, features }: ImportPreview): Shown {
  const asked = questions.includes('crs') || features.features.length === 0
  return asked && possible.length > 0 ? 'candidates' : 'changes'
}

/** What the file brings; what it lacks lies all over the district. */
function coming(features: readonly Drawn[]): readonly Drawn[] {
  const found = features.filter(({ properties }) => properties.status !== 'missing')
  return found.length > 0 ? found : features
}

function lookAt(features: readonly Drawn[]): void {
  const bounds = boundsOfAll(features)
  if (bounds) showBounds(bounds)
}

watch(preview, frame)
watch(
  () => [current.value?.id, current.value?.mode] as const,
  ([, mode]) => {
    hidden.clear()
    // Where nothing is deleted, what the file lacks is no news.
    if (mode === 'upsert') hidden.add('missing')
  },
  { immediate: true },
)
watch([preview, outline, picked, shown, () => [...hidden], active, settled], draw)

export function useDrawing() {
  return {
    outline,
    picked,
    shown,
    hidden,
    touched,
    canSwitch,
    candidates,
    start(): void {
      active.value = true
      readOutline()
      frame()
    },
    stop: () => (active.value = false),
    pick(id: string): void {
      picked.value = id
      shown.value = 'candidates'
      draft.crs = id
      const bounds = asBounds(candidates.value.find((one) => one.id === id)?.bounds ?? [])
      if (bounds) showBounds(bounds)
    },
    show: lookAt,
  }
}
