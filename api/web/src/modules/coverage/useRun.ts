/** One run, from the question to the points that the map and the sliders need. */
import { onScopeDispose, ref, shallowRef } from 'vue'
import { connectionLost, onReconnected } from '@/shared/useConnection'
import { dismissRun, fetchFacilities, fetchHomes, fetchRun, startRun, type Analysis, type Facilities, type Homes, type Parameters, type Run } from './api'

const POLL_MS = 350
const EMPTY = { type: 'FeatureCollection' as const, features: [] }

export interface RunResult {
  run: Run
  homes: Homes
  facilities: Facilities
}

export function isGoing(run: Run | null): boolean {
  return run?.state === 'queued' || run?.state === 'running'
}

/** Wait until a run is over; `seen` is told each state on the way. */
export async function settled(run: Run, seen: (run: Run) => void, stopped: () => boolean): Promise<Run> {
  let current = run
  seen(current)
  while (isGoing(current) && !stopped()) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    current = await fetchRun(current.id)
    if (!stopped()) seen(current)
  }
  return current
}

/** Without points only the figures are read. */
export function useRun({ points = true } = {}) {
  const run = shallowRef<Run | null>(null)
  const result = shallowRef<RunResult | null>(null)
  const error = shallowRef<unknown>(null)
  const busy = ref(false)
  let latest = 0

  /** Follow what `find` gives to its end; a newer question makes an older one forgotten. */
  async function follow(find: () => Promise<Run | null>): Promise<RunResult | null> {
    const turn = ++latest
    const stopped = () => turn !== latest
    error.value = null
    busy.value = true
    try {
      const found = await find()
      if (stopped()) return null
      if (!found) {
        run.value = result.value = null
        return null
      }
      const over = await settled(found, (state) => (run.value = stopped() ? run.value : state), stopped)
      if (stopped() || over.state !== 'done') return null
      if (!points) {
        result.value = { run: over, homes: EMPTY, facilities: EMPTY }
        return result.value
      }
      const [homes, facilities] = await Promise.all([fetchHomes(over.id), fetchFacilities(over.id)])
      if (stopped()) return null
      result.value = { run: over, homes, facilities }
      return result.value
    } catch (caught) {
      if (stopped()) return null
      error.value = caught
      if (connectionLost(caught)) onReconnected(() => follow(find))
      return null
    } finally {
      if (!stopped()) busy.value = false
    }
  }

  function start(analysis: Analysis, parameters: Parameters): Promise<RunResult | null> {
    return follow(() => startRun(analysis, parameters))
  }

  async function dismiss(): Promise<void> {
    const going = run.value
    latest += 1
    busy.value = false
    run.value = result.value?.run ?? null
    if (isGoing(going) && going) await dismissRun(going.id).catch(() => undefined)
  }

  function clear(): void {
    latest += 1
    busy.value = false
    run.value = result.value = error.value = null
  }

  onScopeDispose(() => (latest += 1))
  return { run, result, error, busy, follow, start, dismiss, clear }
}
