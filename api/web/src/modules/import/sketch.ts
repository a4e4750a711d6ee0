/** A small picture of places in degrees: flat, north up, narrowed by the cosine of the middle latitude. */
import type { Bounds } from '@/client'

const WIDTH = 320
const LEAST_HEIGHT = 90
const MARGIN = 8

export interface Frame {
  width: number
  height: number
  place(longitude: number, latitude: number): [x: number, y: number]
}

/** The frame that holds all boxes, or null where there are none. */
export function frameOf(boxes: readonly (Bounds | null)[]): Frame | null {
  const found = boxes.filter((box) => box !== null)
  if (found.length === 0) return null
  const west = Math.min(...found.map(([one]) => one))
  const south = Math.min(...found.map(([, one]) => one))
  const east = Math.max(...found.map(([, , one]) => one))
  const north = Math.max(...found.map(([, , , one]) => one))
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180)
  const across = Math.max((east - west) * narrow, 1e-9)
  const scale = (WIDTH - 2 * MARGIN) / Math.max(across, (north - south) * 1.2)
  const height = Math.max(LEAST_HEIGHT, Math.round((north - south) * scale + 2 * MARGIN))
  const left = (WIDTH - across * scale) / 2
  const top = (height - (north - south) * scale) / 2
  return {
    width: WIDTH,
    height,
    place: (longitude, latitude) => [
      Math.round((left + (longitude - west) * narrow * scale) * 10) / 10,
      Math.round((top + (north - latitude) * scale) * 10) / 10,
    ],
  }
}
