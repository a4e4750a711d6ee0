import { describe, expect, it } from 'vitest'
import { changeOf } from '@/modules/accounts/people'

const person = { name: 'li', role: 'field', subdistricts: ['b', 'a'], disabled: false, external: false } as const

describe('a change of an account', () => {
  const held = { ...person, subdistricts: [...person.subdistricts] }

  it('asks only for what differs', () => {
    expect(changeOf(held, { role: 'planner', subdistricts: ['a', 'b'] })).toEqual({ role: 'planner' })
    expect(changeOf(held, { role: 'field', subdistricts: ['a'] })).toEqual({ subdistricts: ['a'] })
    expect(changeOf(held, { role: 'admin', subdistricts: [] })).toEqual({ role: 'admin', subdistricts: [] })
  })

  it('is none where nothing differs, in whatever order', () => {
    expect(changeOf(held, { role: 'field', subdistricts: ['a', 'b'] })).toBeNull()
  })
})
