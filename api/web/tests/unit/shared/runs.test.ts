import { describe, expect, it } from 'vitest'
import { runsOf } from '@/shared/runs'

describe('runs of one script', () => {
  it('cut a sentence at its quotes', () => {
    expect(runsOf('it says 二级。 only')).toEqual([
      { text: 'it says ', chinese: false },
      { text: '二级。', chinese: true },
      { text: ' only', chinese: false },
    ])
  })

  it.each(['', 'plain', '全部迁入'])('put together again are the text: %j', (text) => {
    expect(runsOf(text).map((run) => run.text).join('')).toBe(text)
    expect(runsOf(text).length).toBe(text === '' ? 0 : 1)
  })
})
