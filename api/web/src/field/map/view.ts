/** Where the map was left, so that going to a project and back does not lose one's place. */
export interface View {
  center: [number, number]
  zoom: number
}

let last: View | undefined

export function lastView(next?: View): View | undefined {
  if (next) last = next
  return last
}
