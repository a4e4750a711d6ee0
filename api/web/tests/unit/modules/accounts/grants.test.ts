import { describe, expect, it } from 'vitest'
import { daysLeft, makePassword, passwordGaps } from '@/modules/accounts/grants'

describe('a new password', () => {
  it('must be long enough, another one, and typed twice alike', () => {
    expect(passwordGaps('old-secret', 'new-secret', 'new-secret')).toEqual([])
    expect(passwordGaps('old-secret', 'seven77', 'seven77')).toEqual(['short'])
    expect(passwordGaps('old-secret', 'old-secret', 'old-secret')).toEqual(['same'])
    expect(passwordGaps('old-secret', 'new-secret', 'new-secrets')).toEqual(['differs'])
  })

  it('counts characters as people do', () => {
    expect(passwordGaps('', '密码密码密码密码', '密码密码密码密码')).toEqual([])
    expect(passwordGaps('', '😀😀😀😀', '😀😀😀😀')).toEqual(['short'])
  })

  it('that the page makes is long, never twice the same, and has no letters to mistake', () => {
    const made = Array.from({ length: 200 }, makePassword)
    expect(new Set(made).size).toBe(200)
    for (const password of made) expect(password).toMatch(/^[a-km-np-zA-HJ-NP-Z2-9]{17}$/)
  })
})

describe('days left', () => {
  const now = new Date('2026-03-01T12:00:00Z')
  it('are rounded up and never negative', () => {
    expect(daysLeft('2026-03-01T13:00:00Z', now)).toBe(1)
    expect(daysLeft('2026-03-31T12:00:00Z', now)).toBe(30)
    expect(daysLeft('2026-02-01T12:00:00Z', now)).toBe(0)
  })
})
