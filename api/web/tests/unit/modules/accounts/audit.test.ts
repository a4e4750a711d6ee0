import { describe, expect, it } from 'vitest'
import { detailsOf, KINDS, sinceOf } from '@/modules/accounts/audit'
import zh from '@/modules/accounts/texts/zh.json'

describe('lines of the audit', () => {
  it('tell their details without the ids of grants', () => {
    expect(detailsOf({ details: { id: 'abc', label: 'QGIS', days: 90 } })).toBe('label: QGIS; days: 90')
    expect(detailsOf({ details: { role: 'field', subdistricts: ['211202001', '211202003'] } })).toBe('role: field; subdistricts: 211202001, 211202003')
    expect(detailsOf({ details: { counts: { road: 2 } } })).toBe('counts: {"road":2}')
    expect(detailsOf({ details: { role: 'admin', subdistricts: [] } })).toBe('role: admin')
    const words: Record<string, string> = { how: '方式', 'how.password': '密码' }
    expect(detailsOf({ details: { how: 'password', label: 'how' } }, (key) => words[key])).toBe('方式: 密码; label: how')
    expect(detailsOf({ details: {} })).toBe('')
  })

  it('are asked for from the start of a day where the district is', () => {
    expect(new Date(sinceOf('2026-03-01') ?? '').toISOString()).toBe('2026-02-28T16:00:00.000Z')
    expect(sinceOf('')).toBeUndefined()
  })

  it('have a name for every kind', () => {
    expect(Object.keys(zh.kind).sort()).toEqual([...KINDS].sort())
  })
})
