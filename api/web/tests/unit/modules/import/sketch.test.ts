import { describe, expect, it } from 'vitest'
import { frameOf } from '@/modules/import/sketch'

describe('the sketch', () => {
  it('holds every box, north up and west left', () => {
    const frame = frameOf([[123, 42, 124, 43], null, [123.5, 41, 125, 42]])
    if (!frame) throw new Error('no frame')
    const [left, top] = frame.place(123, 43)
    const [right, bottom] = frame.place(125, 41)
    expect(left).toBeLessThan(right)
    expect(top).toBeLessThan(bottom)
    expect(Math.min(left, top)).toBeGreaterThanOrEqual(0)
    expect(right).toBeLessThanOrEqual(frame.width)
    expect(bottom).toBeLessThanOrEqual(frame.height)
  })

  it('narrows degrees of longitude as the ground does: half at 60° north', () => {
    const frame = frameOf([[10, 59.5, 11, 60.5]])
    const [west, south] = frame?.place(10, 59.5) ?? [0, 0]
    const [east, north] = frame?.place(11, 60.5) ?? [0, 0]
    expect((east - west) / (south - north)).toBeCloseTo(0.5, 2)
  })

  it('does not exist without a box, and bears a single point', () => {
    expect(frameOf([null])).toBeNull()
    expect(frameOf([[123, 42, 123, 42]])?.place(123, 42).every(Number.isFinite)).toBe(true)
  })
})
