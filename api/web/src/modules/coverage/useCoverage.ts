/** The circle that is looked at, its run, and the limit of the sliders; one for the page, so a closed tab forgets nothing. */
import { computed, effectScope, ref, shallowRef, watch, type EffectScope } from 'vue'
import { boundsOf, setExtra, showBounds } from '@/map'
import { useSession } from '@/modules/session'
import { useLoad } from '@/shared/useLoad'
import { changeView, useView } from '@/shared/useView'
import { answerAt, gapsOf, limitOf, namesOf } from './answer'
import { fetchCircles, fetchRoute, fetchRun, fetchRuns, type Circle, type Route, type Summary } from './api'
import { drawRun, type Mark } from './drawing'
import { isPlain } from './plain'
import { useRun } from './useRun'
import { useShapes } from './useShapes'

const OWNER = 'coverage'
const HOVER_MS = 60
const SETTLE_MS = 400
/** Degrees around what is zoomed to. */
const MARGIN = 0.002
function create() {
  const { anonymous } = useSession()
  const view = useView()
  const { shapes, load } = useShapes()
  const circles = useLoad(fetchCircles)
  const chosen = ref('')
  const run = useRun()
  const minutes = ref<number | null>(null)
  const speed = ref<number | null>(null)
  const metres = ref<number | null>(null)
  const focus = ref<string | null>(null)
  const route = shallowRef<Route | null>(null)
  const shown = ref(false)
  /** The server's own figures at the limit of the sliders: land is not among the buildings. */
  const exact = shallowRef<{ limit: number; summary: Summary } | null>(null)

  const circle = computed<Circle | null>(() => circles.value.value?.find(({ id }) => id === chosen.value) ?? null)
  const limit = computed<number | null>(() => {
    if (minutes.value !== null && speed.value !== null) return limitOf(minutes.value, speed.value)
    return metres.value
  })
  const runLimit = computed(() => run.result.value?.run.summary?.limit_m ?? null)
  /** Null while the sliders stand where the run asked. */
  const moved = computed<number | null>(() => {
    if (limit.value === null || runLimit.value === null) return null
    return Math.abs(limit.value - runLimit.value) < 1e-6 ? null : limit.value
  })
  const names = computed(() => namesOf(run.result.value?.run.summary ?? null))
  const answer = computed(() => {
    const result = run.result.value
    return result ? answerAt(result.homes, moved.value, names.value) : null
  })
  const gaps = computed(() => {
    const result = run.result.value
    return result && answer.value ? gapsOf(result.homes, answer.value, names.value) : []
  })
  const summary = computed<Summary | null>(() => {
    if (moved.value === null) return run.result.value?.run.summary ?? null
    return exact.value?.limit === moved.value ? exact.value.summary : null
  })

  /** The circle of the address, else the first of the list. */
  function initial(): Circle | undefined {
    return circles.value.value?.find(({ id }) => id === view.circle) ?? circles.value.value?.[0]
  }

  function choose(id: string): Promise<void> {
    changeView({ circle: id })
    return take(id)
  }

  async function take(id: string): Promise<void> {
    chosen.value = id
    resetSliders()
    focus.value = route.value = exact.value = null
    await ask()
  }

  function resetSliders(): void {
    const own = circle.value?.limit
    speed.value = own?.speed_kmh ?? null
    minutes.value = own?.minutes ?? (own?.metres && own.speed_kmh ? (own.metres * 60) / (own.speed_kmh * 1000) : null)
    metres.value = minutes.value === null ? (own?.metres ?? null) : null
  }

  /** Whoever is signed in asks; everyone else sees what was asked before. */
  async function ask(): Promise<void> {
    const [id, day] = [chosen.value, view.day]
    if (id === '') return
    if (!anonymous.value) await run.start('coverage', { circle: id, ...(day ? { at: day } : {}) })
    else {
      await run.follow(async () => {
        const known = (await fetchRuns('coverage', 200)).find((one) => one.state === 'done' && isPlain(one, id, day))
        return known ? fetchRun(known.id) : null
      })
    }
  }

  let routeTurn = 0
  async function look(uid: string | null): Promise<void> {
    const turn = ++routeTurn
    const id = run.result.value?.run.id
    if (uid === focus.value) return
    if (uid === null || id === undefined) {
      focus.value = route.value = null
      return
    }
    await new Promise((resolve) => setTimeout(resolve, HOVER_MS))
    if (turn !== routeTurn) return
    focus.value = uid
    route.value = null
    const found = await fetchRoute(id, uid).catch(() => null)
    if (turn === routeTurn) route.value = found
  }

  /** Go where the whole way fits; without one, to the home. */
  async function zoomTo(uid: string): Promise<void> {
    const home = run.result.value?.homes.features.find(({ properties }) => properties.uid === uid)
    if (!home) return
    await look(uid)
    if (focus.value !== uid) return
    const [west, south, east, north] = boundsOf(route.value?.features[0]?.geometry ?? home.geometry) ?? []
    if (west === undefined || south === undefined || east === undefined || north === undefined) return
    showBounds([west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN])
  }

  function draw(): void {
    const [result, current] = [run.result.value, answer.value]
    if (!shown.value || !result || !current) return setExtra(OWNER, null)
    setExtra(
      OWNER,
      drawRun(
        OWNER,
        {
          homes: result.homes,
          shapes: shapes.value,
          marks: current.covered.map((covered): Mark => (covered ? 1 : 0)),
          facilities: result.facilities,
          route: route.value,
          focus: focus.value,
          comparing: false,
        },
        { onHover: (uid) => uid !== null && void look(uid), onClick: (uid) => void look(uid) },
      ),
    )
  }
  watch([run.result, answer, route, focus, shown, shapes], draw)
  watch(run.result, (result) => result && circle.value && void load(circle.value.demand.layer))

  let settling: ReturnType<typeof setTimeout> | undefined
  watch([moved, run.result], () => {
    clearTimeout(settling)
    const [at, id] = [moved.value, run.result.value?.run.id]
    if (at === null || id === undefined) return
    settling = setTimeout(() => {
      fetchRun(id, at)
        .then(({ summary: figures }) => {
          if (figures) exact.value = { limit: at, summary: figures }
        })
        .catch(() => (exact.value = null))
    }, SETTLE_MS)
  })

  async function open(): Promise<void> {
    shown.value = true
    if (!circles.value.value) await circles.run()
    const first = initial()
    if (chosen.value === '' && first) await take(first.id)
  }

  function close(): void {
    shown.value = false
  }

  // Rights and the day decide what may be asked and what the answer is.
  watch([anonymous, () => view.day], () => {
    if (chosen.value !== '') void take(chosen.value)
  })
  // The back button restores an earlier choice.
  watch(
    () => view.circle,
    () => {
      const restored = initial()
      if (chosen.value !== '' && restored && restored.id !== chosen.value) void take(restored.id)
    },
  )

  return {
    circles, circle, chosen, initial, choose, ask, run, minutes, speed, metres, limit, moved, resetSliders,
    answer, gaps, names, summary, focus, route, look, zoomTo, open, close,
  }
}

let scope: EffectScope | undefined
let state: ReturnType<typeof create> | undefined

export function useCoverage(): ReturnType<typeof create> {
  scope ??= effectScope(true)
  state ??= scope.run(create)
  if (!state) throw new Error('the scope of coverage has ended')
  return state
}
