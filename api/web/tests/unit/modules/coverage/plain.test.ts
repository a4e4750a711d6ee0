import { describe, expect, it } from 'vitest'
import type { Run } from '@/modules/coverage/api'
import { isPlain } from '@/modules/coverage/plain'

const run = (parameters: Record<string, unknown>) => ({ parameters }) as Run
const ASKED = { circle: 'parks', planned: false, barriers: 'ground', slope: false, snap_limit_m: 1000 }

describe('isPlain', () => {
  it('takes a run of the circle as it stands, of the day that is looked at', () => {
    expect(isPlain(run(ASKED), 'parks', null)).toBe(true)
    expect(isPlain(run({ ...ASKED, at: '2024-06-30' }), 'parks', '2024-06-30')).toBe(true)
  })

  it.each([{ circle: 'schools' }, { at: '2024-06-30' }, { minutes: 15 }, { scenario: 'abc' }, { slope: true }])('refuses one with %o', (more) => {
    expect(isPlain(run({ ...ASKED, ...more }), 'parks', null)).toBe(false)
  })
})
