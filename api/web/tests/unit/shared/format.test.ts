import { describe, expect, it } from 'vitest'
import { formatArea, formatLength, formatNumber, formatShare, withUnit } from '@/shared/format'

describe('numbers', () => {
  it('are grouped by thousands in both languages', () => {
    expect(formatNumber(463400, 'zh')).toBe('463,400')
    expect(formatNumber(46.344, 'en')).toBe('46.34')
    expect(formatShare(0.6508, 'zh')).toBe('65.1%')
  })

  it.each([
    [999.94, '999.9 米', '999.9 m'],
    [1500, '1.5 公里', '1.5 km'],
  ])('length %d m', (metres, zh, en) => {
    expect(formatLength(metres, 'zh')).toBe(zh)
    expect(formatLength(metres, 'en')).toBe(en)
  })

  it.each([
    [850, '850 平方米', '850 m²'],
    [463400, '46.34 万平方米', '46.34 ha'],
    [169480000, '169.48 平方公里', '169.48 km²'],
  ])('area %d m²', (area, zh, en) => {
    expect(formatArea(area, 'zh')).toBe(zh)
    expect(formatArea(area, 'en')).toBe(en)
  })

  it('stand close to a sign and apart from a word', () => {
    expect(withUnit('90', '%')).toBe('90%')
    expect(withUnit('90', '片')).toBe('90 片')
    expect(withUnit('90', '')).toBe('90')
  })
})
