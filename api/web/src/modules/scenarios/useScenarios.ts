/** The scenario that is worked on, its comparison with today, and a siting proposal; one for the page. */
import { computed, effectScope, ref, shallowRef, watch, type EffectScope } from 'vue'
import type { DistrictFeature, Position2 } from '@/client'
import { boundsOf, setExtra, showBounds } from '@/map'
import { drawRun, fetchComparison, fetchRoute, namesOf, useCoverage, useRun, useShapes, type Comparison, type Mark, type Parameters, type Route } from '@/modules/coverage'
import { useSession } from '@/modules/session'
import { useLoad } from '@/shared/useLoad'
import { useView } from '@/shared/useView'
import { acceptProposal, changeScenario, createScenario, dropScenario, fetchChoices, fetchChosen, fetchScenarios, type Edit, type Scenario } from './api'
import { withFacility } from './changes'
import { marksOf, movedByOffice, proposalChange } from './compare'

const OWNER = 'scenario'
const PLACING = 'scenario-placing'
/** Degrees around what is zoomed to. */
const MARGIN = 0.004

function create() {
  const { anonymous } = useSession()
  const view = useView()
  const coverage = useCoverage()
  const { shapes, load } = useShapes()
  const list = useLoad(fetchScenarios)
  const choices = useLoad(fetchChoices)
  const roads = useLoad(() => fetchChosen(choices.value.value?.roads ?? []))
  const parcels = useLoad(() => fetchChosen(choices.value.value?.parcels ?? []))
  const current = shallowRef<Scenario | null>(null)
  const today = useRun({ points: false })
  const after = useRun()
  const siting = useRun()
  const comparison = shallowRef<Comparison | null>(null)
  const error = shallowRef<unknown>(null)
  const saving = ref(false)
  const placing = ref(false)
  const shown = ref(false)
  const focus = ref<string | null>(null)
  const route = shallowRef<Route | null>(null)
  /** The proposal or the scenario: the one that was asked last is on the map. */
  const showing = ref<'scenario' | 'proposal'>('scenario')

  const result = computed(() => (showing.value === 'proposal' ? siting.result.value : after.result.value))
  const busy = computed(() => saving.value || today.busy.value || after.busy.value)
  const marks = computed<Mark[]>(() => {
    const homes = result.value?.homes
    if (!homes) return []
    if (showing.value === 'proposal') return marksOf(homes, proposalChange(homes))
    return comparison.value ? marksOf(homes, comparison.value) : homes.features.map(({ properties }): Mark => (properties.covered ? 1 : 0))
  })
  const moved = computed(() => (result.value ? movedByOffice(result.value.homes, marks.value, namesOf(result.value.run.summary)) : []))
  const roadNames = computed(() => titles(roads.value.value))
  const parcelNames = computed(() => titles(parcels.value.value))

  async function attempt<T>(action: () => Promise<T>): Promise<T | null> {
    error.value = null
    saving.value = true
    try {
      return await action()
    } catch (caught) {
      error.value = caught
      return null
    } finally {
      saving.value = false
    }
  }

  async function add(title: string): Promise<void> {
    const made = await attempt(() => createScenario(title))
    if (!made) return
    await list.run()
    await pick(made.id)
  }

  async function pick(id: string): Promise<void> {
    current.value = list.value.value?.find((one) => one.id === id) ?? null
    placing.value = false
    await evaluate()
  }

  async function edit(what: Edit): Promise<void> {
    const known = current.value
    if (!known) return
    const made = await attempt(() => changeScenario(known, what))
    if (!made) return
    take(made)
    if (what.changes) await evaluate()
  }

  async function drop(): Promise<void> {
    const known = current.value
    if (!known) return
    await attempt(() => dropScenario(known.id))
    if (error.value) return
    current.value = comparison.value = null
    after.clear()
    await list.run()
  }

  function take(made: Scenario): void {
    current.value = made
    list.value.value = [made, ...(list.value.value ?? []).filter(({ id }) => id !== made.id)]
  }

  function asked(more: Parameters): Parameters {
    return { circle: coverage.chosen.value, ...(view.day ? { at: view.day } : {}), ...more }
  }

  let turn = 0
  async function evaluate(): Promise<void> {
    const mine = ++turn
    const scenario = current.value
    comparison.value = null
    focus.value = route.value = null
    showing.value = 'scenario'
    if (!scenario || coverage.chosen.value === '') return after.clear()
    // One after the other: the second finds the first one's network in memory.
    const before = await today.start('coverage', asked({}))
    const later = mine === turn && before ? await after.start('coverage', asked({ scenario: scenario.id })) : null
    if (mine !== turn || !before || !later) return
    const found = await attempt(() => fetchComparison(before.run.id, later.run.id))
    if (mine === turn) comparison.value = found
  }

  async function propose(more: Parameters): Promise<void> {
    focus.value = route.value = null
    const found = await siting.start('siting', asked({ ...more, ...(current.value ? { scenario: current.value.id } : {}) }))
    if (found) showing.value = 'proposal'
  }

  /** Take the proposal into the scenario, or into a new one of that name. */
  async function accept(title: string): Promise<void> {
    const run = siting.result.value?.run
    if (!run) return
    const made = await attempt(async () => acceptProposal((current.value ?? (await createScenario(title))).id, run.id))
    if (!made) return
    take(made)
    await evaluate()
  }

  async function look(uid: string | null): Promise<void> {
    const id = result.value?.run.id
    if (uid === null || id === undefined || uid === focus.value) return
    focus.value = uid
    route.value = null
    const found = await fetchRoute(id, uid).catch(() => null)
    if (focus.value === uid) route.value = found
  }

  /** Go to those who come in or fall out: a handful of buildings is lost in a whole district. */
  function showMoved(): void {
    const coordinates = (result.value?.homes.features ?? []).filter((_, at) => (marks.value[at] ?? 0) >= 2).map(({ geometry }) => geometry.coordinates)
    const [west, south, east, north] = boundsOf({ type: 'MultiPoint', coordinates }) ?? []
    if (west === undefined || south === undefined || east === undefined || north === undefined) return
    showBounds([west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN])
  }

  function place(at: Position2): void {
    const circle = coverage.circle.value
    placing.value = false
    if (current.value && circle) void edit({ changes: withFacility(current.value.changes, circle, at) })
  }

  watch(result, (found) => found && coverage.circle.value && void load(coverage.circle.value.demand.layer))
  watch([result, marks, focus, route, shown, shapes], () => {
    const drawn = result.value
    if (!shown.value || !drawn || marks.value.length === 0) return setExtra(OWNER, null)
    const content = { homes: drawn.homes, shapes: shapes.value, marks: marks.value, facilities: drawn.facilities, route: route.value, focus: focus.value, comparing: true }
    setExtra(OWNER, drawRun(OWNER, content, { onHover: (uid) => void look(uid), onClick: (uid) => void look(uid) }))
  })
  watch([placing, shown], () => setExtra(PLACING, placing.value && shown.value ? { sources: {}, layers: [], onPlace: place } : null))
  watch([anonymous, () => view.day], () => void open())

  async function open(): Promise<void> {
    shown.value = true
    if (anonymous.value) {
      current.value = comparison.value = list.value.value = null
      for (const run of [today, after, siting]) run.clear()
      return
    }
    if (!coverage.circles.value.value) await coverage.circles.run()
    const first = coverage.initial()
    if (coverage.chosen.value === '' && first) coverage.chosen.value = first.id
    if (!choices.value.value) await choices.run()
    await Promise.all([list.run(), roads.run(), parcels.run()])
    if (current.value) await pick(current.value.id)
  }

  function close(): void {
    shown.value = placing.value = false
  }

  return {
    list, choices, roads, parcels, roadNames, parcelNames, current, add, pick, edit, drop, evaluate, today, after, comparison, moved, showMoved,
    siting, propose, accept, result, showing, error, busy, placing, focus, route, look, open, close,
  }
}

function titles(features: readonly DistrictFeature[] | null): Map<string, string> {
  return new Map((features ?? []).map(({ id, properties }) => [String(id), String(properties.name ?? properties.code ?? id)]))
}

let scope: EffectScope | undefined
let state: ReturnType<typeof create> | undefined

export function useScenarios(): ReturnType<typeof create> {
  scope ??= effectScope(true)
  state ??= scope.run(create)
  if (!state) throw new Error('the scope of scenarios has ended')
  return state
}
