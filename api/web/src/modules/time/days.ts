/** Days as YYYY-MM-DD, counted without clocks or zones: text in, text out. */

const DAY_MS = 86_400_000

export interface Period {
  first: string
  last: string
}

function moment(day: string): number {
  return Date.parse(`${day}T00:00:00Z`)
}

function text(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10)
}

export function daysBetween(first: string, last: string): number {
  return Math.round((moment(last) - moment(first)) / DAY_MS)
}

export function addDays(day: string, count: number): string {
  return text(moment(day) + count * DAY_MS)
}

/** The same day of another month, or that month's last day where it is shorter. */
export function addMonths(day: string, count: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const start = Date.UTC(year, month - 1 + count, 1)
  const length = new Date(Date.UTC(year, month + count, 0)).getUTCDate()
  return text(start + (Math.min(date, length) - 1) * DAY_MS)
}

export function within(day: string, { first, last }: Period): string {
  if (day < first) return first
  return day > last ? last : day
}

export interface Tick {
  year: string
  /** Place between the first (0) and the last day (1). */
  share: number
}

/** A mark at the first day of each year. */
export function ticksOf({ first, last }: Period): Tick[] {
  const whole = daysBetween(first, last)
  const ticks: Tick[] = []
  for (let year = Number(first.slice(0, 4)); year <= Number(last.slice(0, 4)); year += 1) {
    const day = `${year}-01-01`
    if (day >= first && whole > 0) ticks.push({ year: String(year), share: daysBetween(first, day) / whole })
  }
  return ticks
}
