/** Who comes in and who falls out, as marks on the map and as rows by street office. */
import type { Comparison, Homes, Mark } from '@/modules/coverage'

export interface Moved {
  code: string
  name: string
  peopleIn: number
  peopleOut: number
  buildingsIn: number
  buildingsOut: number
}

export function marksOf(homes: Homes, comparison: Pick<Comparison, 'uids_in' | 'uids_out'>): Mark[] {
  const [entered, left] = [new Set(comparison.uids_in), new Set(comparison.uids_out)]
  return homes.features.map(({ properties }): Mark => {
    if (entered.has(properties.uid)) return 2
    if (left.has(properties.uid)) return 3
    return properties.covered ? 1 : 0
  })
}

/** A siting run carries its own before. */
export function proposalChange(homes: Homes): Pick<Comparison, 'uids_in' | 'uids_out'> {
  const changed = homes.features.map(({ properties }) => properties).filter(({ covered, before_covered }) => before_covered !== undefined && covered !== before_covered)
  return {
    uids_in: changed.filter(({ covered }) => covered).map(({ uid }) => uid),
    uids_out: changed.filter(({ covered }) => !covered).map(({ uid }) => uid),
  }
}

export function movedByOffice(homes: Homes, marks: readonly Mark[], names: ReadonlyMap<string, string>): Moved[] {
  const offices = new Map<string, Moved>()
  homes.features.forEach(({ properties: home }, at) => {
    const mark = marks[at]
    if (mark !== 2 && mark !== 3) return
    const code = home.subdistrict ?? ''
    const row = offices.get(code) ?? { code, name: names.get(code) ?? code, peopleIn: 0, peopleOut: 0, buildingsIn: 0, buildingsOut: 0 }
    offices.set(code, row)
    if (mark === 2) {
      row.peopleIn += home.people ?? 0
      row.buildingsIn += 1
    } else {
      row.peopleOut += home.people ?? 0
      row.buildingsOut += 1
    }
  })
  return [...offices.values()].sort((one, other) => other.buildingsIn + other.buildingsOut - one.buildingsIn - one.buildingsOut)
}
