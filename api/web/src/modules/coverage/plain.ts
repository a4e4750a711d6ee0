/** Which stored runs show a circle to those who may not ask for a new one. */
import type { Run } from './api'

/** Runs that changed a parameter or a scenario are not what the circle itself says. */
const PLAIN = new Set(['circle', 'at', 'planned', 'barriers', 'slope', 'snap_limit_m'])
const DEFAULTS: Record<string, unknown> = { planned: false, barriers: 'ground', slope: false, snap_limit_m: 1000 }

export function isPlain(run: Run, circle: string, day: string | null): boolean {
  const { parameters } = run
  if (parameters.circle !== circle || (parameters.at ?? null) !== day) return false
  return Object.entries(parameters).every(([name, value]) => PLAIN.has(name) && (!(name in DEFAULTS) || DEFAULTS[name] === value))
}
