/** An S-curve as lines to draw. */
import type { Curve } from './api'

export type Point = [day: string, value: number]

export interface Lines {
  delivered: Point[]
  scheduled: Point[]
  straight: Point[]
  /** From the last known day to the forecast's end, and to the ends of its range. */
  forecast: Point[]
  earliest: Point[]
  latest: Point[]
}

/** A forecast decades away would flatten all the rest; beyond this many years after the plan it is told in words only. */
const YEARS_SHOWN = 10

export function linesOf(curve: Curve): Lines {
  const pairs = (values: readonly (number | null)[]): Point[] =>
    curve.days.flatMap((day, at): Point[] => {
      const value = values[at]
      return value === null || value === undefined ? [] : [[day, value]]
    })
  const delivered = pairs(curve.delivered)
  const start = delivered.at(-1)
  const end = curve.days.at(-1) ?? curve.at
  const horizon = `${Number(end.slice(0, 4)) + YEARS_SHOWN}${end.slice(4)}`
  const until = (day: string | null): Point[] =>
    start && day && day > start[0] && day <= horizon && start[1] < curve.total ? [start, [day, curve.total]] : []
  const { finish, earliest, latest } = curve.forecast
  return {
    delivered,
    scheduled: pairs(curve.scheduled),
    straight: pairs(curve.line),
    forecast: until(finish),
    earliest: until(earliest),
    latest: until(latest),
  }
}
