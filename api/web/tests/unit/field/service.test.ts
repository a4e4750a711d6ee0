import { expect, it } from 'vitest'
import type { Problem } from '@/client'
import { reasonOf } from '@/field/outbox/service'

const problem = (more: object) => ({ code: 'conflict', detail: '已变', detail_en: 'moved', ...more }) as unknown as Problem

it('tells every reason, and where the office stands', () => {
  const issues = [{ zh: '甲', en: 'a' }, { message: '乙', message_en: 'b' }]
  expect(reasonOf(problem({ code: 'event_refused', issues }))).toEqual({ code: 'event_refused', zh: '甲；乙', en: 'a; b' })
  const now = { stage: { label: { zh: '暂停', en: 'Suspended' } } }
  expect(reasonOf(problem({ issues, current_version: now }))).toMatchObject({ zh: '办公室记录现为“暂停”。甲；乙', en: 'The office’s record is now at “Suspended”. a; b' })
  expect(reasonOf(problem({}))).toMatchObject({ zh: '已变', en: 'moved' })
  expect(reasonOf(null).code).toBe('unknown')
})

it('tells a decision with its reason, and no number', () => {
  const told = reasonOf(problem({ code: 'conflict_decided', decision: { keep: 'office', reason: '核实' } }))
  expect([told.zh, told.en]).toEqual(['办公室已裁定：保留办公室的记录。理由：核实', 'The office has decided: the office’s record stands. Reason: 核实'])
  expect(reasonOf(problem({ code: 'conflict_decided' })).zh).toBe('已变')
})
