/**
 * The slider: who is covered at another limit, from distances that were searched before.
 *
 * The search has no limit, so every point knows how far it really is; a limit only draws the line.
 */
import type { Homes, Share, Summary, UnitShares } from './api'

export const WEIGHTS = ['people', 'dwellings', 'buildings'] as const
export type Weight = (typeof WEIGHTS)[number]

export interface HomeProperties {
  uid: string
  code?: string | null
  name?: string | null
  subdistrict: string | null
  community: string | null
  people: number | null
  dwellings: number | null
  distance_m: number | null
  straight_m: number | null
  limit_m: number | null
  covered: boolean
  straight_covered: boolean
  minutes: number | null
  reason: string | null
  missing?: string | null
  facility_uid: string | null
  before_m?: number | null
  before_covered?: boolean
}

/** As the library's: a micrometre is on neither side of a limit. */
const TOLERANCE_M = 1e-6

export interface Answer {
  limitM: number | null
  shares: Record<Weight, Share>
  straight: Record<Weight, Share>
  bySubdistrict: (UnitShares & { straight: Record<Weight, Share> })[]
  /** Positions in the list of homes. */
  covered: readonly boolean[]
}

export interface Gap {
  home: HomeProperties
  place: readonly number[]
  /** Metres beyond the limit; null where there is no way at all. */
  gapM: number | null
}

export interface OfficeGaps {
  code: string
  name: string
  people: number | null
  gaps: Gap[]
}

export function limitOf(minutes: number, speedKmh: number): number {
  return (minutes * speedKmh * 1000) / 60
}

export function isCovered(home: HomeProperties, limitM: number | null): boolean {
  if (limitM === null) return home.covered
  return home.distance_m !== null && home.distance_m <= limitM + TOLERANCE_M
}

function isStraightCovered(home: HomeProperties, limitM: number | null): boolean {
  if (limitM === null) return home.straight_covered
  return home.straight_m !== null && home.straight_m <= limitM + TOLERANCE_M
}

/** Answer again; a limit of null leaves what the run decided, to the last digit. */
export function answerAt(homes: Homes, limitM: number | null, names: ReadonlyMap<string, string>): Answer {
  const all = homes.features.map(({ properties }) => properties)
  const covered = all.map((home) => isCovered(home, limitM))
  const straight = all.map((home) => isStraightCovered(home, limitM))
  const offices = new Map<string, number[]>()
  all.forEach((home, at) => {
    const code = home.subdistrict ?? ''
    const members = offices.get(code)
    if (members) members.push(at)
    else offices.set(code, [at])
  })
  const everyone = all.map((_, at) => at)
  return {
    limitM,
    shares: sharesOf(all, covered, everyone),
    straight: sharesOf(all, straight, everyone),
    bySubdistrict: [...offices]
      .map(([code, members]) => ({
        code: code || null,
        name: names.get(code) ?? null,
        ...sharesOf(all, covered, members),
        straight: sharesOf(all, straight, members),
      }))
      .sort((one, other) => (one.buildings.share ?? 101) - (other.buildings.share ?? 101) || (one.code ?? '').localeCompare(other.code ?? '')),
    covered,
  }
}

function weightOf(home: HomeProperties, weight: Weight): number | null {
  return weight === 'buildings' ? 1 : home[weight]
}

function sharesOf(all: readonly HomeProperties[], covered: readonly boolean[], members: readonly number[]): Record<Weight, Share> {
  const shares = WEIGHTS.map((weight) => [weight, shareOf(all, covered, members, weight)] as const)
  return Object.fromEntries(shares) as Record<Weight, Share>
}

/** What nobody knows is left out of the total and never taken to be nought. */
function shareOf(all: readonly HomeProperties[], covered: readonly boolean[], members: readonly number[], weight: Weight): Share {
  let [known, total, reached] = [0, 0, 0]
  for (const at of members) {
    const home = all[at]
    const value = home ? weightOf(home, weight) : null
    if (value === null) continue
    known += 1
    total += value
    if (covered[at]) reached += value
  }
  if (known === 0) return { covered: null, total: null, share: null }
  return { covered: reached, total, share: total > 0 ? (100 * reached) / total : null }
}

/** Names of street offices, from the run's own table. */
export function namesOf(summary: Summary | null): Map<string, string> {
  return new Map((summary?.by_subdistrict ?? []).map(({ code, name }) => [code ?? '', name ?? code ?? '']))
}

/** Who is not covered, by street office, the worst off first; offices with most people first. */
export function gapsOf(homes: Homes, answer: Answer, names: ReadonlyMap<string, string>): OfficeGaps[] {
  const offices = new Map<string, OfficeGaps>()
  homes.features.forEach(({ properties: home, geometry }, at) => {
    if (answer.covered[at]) return
    const code = home.subdistrict ?? ''
    const office = offices.get(code) ?? { code, name: names.get(code) ?? '', people: null, gaps: [] }
    offices.set(code, office)
    const limit = answer.limitM ?? home.limit_m
    office.gaps.push({
      home,
      place: geometry.coordinates,
      gapM: home.distance_m === null || limit === null ? null : home.distance_m - limit,
    })
    if (home.people !== null) office.people = (office.people ?? 0) + home.people
  })
  for (const office of offices.values()) office.gaps.sort((one, other) => (other.gapM ?? Infinity) - (one.gapM ?? Infinity))
  return [...offices.values()].sort((one, other) => other.gaps.length - one.gaps.length)
}
