import { expect, it } from 'vitest'
import { wrapped } from '@/modules/picture/drawing'

it('breaks a long text between any two characters and loses none', () => {
  const lines = wrapped('资料来源：甲；乙', 3, (text) => text.length)
  expect(lines).toEqual(['资料来', '源：甲', '；乙'])
  expect(wrapped('', 3, (text) => text.length)).toEqual([])
})
