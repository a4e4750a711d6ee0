/** Lengths on a picture of a web map. */

const EQUATOR_M = 40_075_016.686
/** Pixels of the whole world at zoom 0 in MapLibre. */
const WORLD_PX = 512

/** Metres on the ground that one pixel covers, at this latitude in degrees. */
export function metresPerPixel(latitude: number, zoom: number): number {
  return (EQUATOR_M * Math.cos((latitude * Math.PI) / 180)) / (WORLD_PX * 2 ** zoom)
}

export interface ScaleBar {
  metres: number
  pixels: number
}

/** The longest bar of 1, 2 or 5 times a power of ten metres that is no longer than `widest` pixels. */
export function scaleBar(metresOfPixel: number, widest: number): ScaleBar {
  const most = metresOfPixel * widest
  const power = 10 ** Math.floor(Math.log10(most))
  const metres = ([5, 2, 1].find((step) => step * power <= most) ?? 1) * power
  return { metres, pixels: metres / metresOfPixel }
}

export function lengthText(metres: number): string {
  return metres >= 1000 ? `${metres / 1000} km` : `${metres} m`
}
