import { describe, expect, it } from 'vitest'
import { lengthText, metresPerPixel, scaleBar } from '@/modules/picture/scale'

describe('the scale of a picture', () => {
  it('is that of a world 512 pixels wide at zoom 0, shrinking with the latitude', () => {
    expect(metresPerPixel(0, 0)).toBeCloseTo(78_271.517, 3)
    expect(metresPerPixel(60, 10)).toBeCloseTo(78_271.517 / 2 / 1024, 3)
  })

  it.each([
    [10, 140, 1000, 100],
    [10, 250, 2000, 200],
    [0.9, 140, 100, 111.11],
    [7.5, 140, 1000, 133.33],
  ])('shows a round length: %d m a pixel, %d pixels at most', (metresOfPixel, widest, metres, pixels) => {
    const bar = scaleBar(metresOfPixel, widest)
    expect(bar.metres).toBe(metres)
    expect(bar.pixels).toBeCloseTo(pixels, 2)
  })

  it('is written in metres or kilometres', () => {
    expect([lengthText(500), lengthText(2000)]).toEqual(['500 m', '2 km'])
  })
})
