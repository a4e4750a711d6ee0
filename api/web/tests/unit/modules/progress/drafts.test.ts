import { beforeEach, describe, expect, it } from 'vitest'
import { dropDraft, keepDraft, recallDraft, type Draft } from '@/modules/progress/drafts'

class Shelf implements Storage {
  private readonly kept = new Map<string, string>()
  get length(): number {
    return this.kept.size
  }
  clear = (): void => this.kept.clear()
  getItem = (key: string): string | null => this.kept.get(key) ?? null
  key = (at: number): string | null => [...this.kept.keys()][at] ?? null
  removeItem = (key: string): void => void this.kept.delete(key)
  setItem = (key: string, value: string): void => void this.kept.set(key, value)
}

const place = { account: '王工', layer: 'shantytown_parcel', uid: 'a1' }
const now = new Date('2026-03-10T00:00:00Z')
const draft: Draft = {
  at: '2026-03-09T00:00:00Z',
  task: { kind: 'note' },
  base: 4,
  form: { day: '2026-03-09', text: '围挡', quantities: {} },
  photos: [],
  waiting: [],
}
let shelf = new Shelf()
beforeEach(() => (shelf = new Shelf()))

describe('a draft', () => {
  it('comes back to the same account and feature only, until it is dropped', () => {
    keepDraft(place, draft, shelf)
    expect(recallDraft(place, now, shelf)).toEqual(draft)
    expect(recallDraft({ ...place, account: '李工' }, now, shelf)).toBeNull()
    expect(recallDraft({ ...place, uid: 'a2' }, now, shelf)).toBeNull()
    dropDraft(place, shelf)
    expect(recallDraft(place, now, shelf)).toBeNull()
  })

  it('is not kept while nothing is typed, and goes when all was deleted', () => {
    keepDraft(place, draft, shelf)
    keepDraft(place, { ...draft, form: { ...draft.form, text: '  ', quantities: { area: '' } } }, shelf)
    expect(shelf.length).toBe(0)
    keepDraft(place, { ...draft, form: { ...draft.form, text: '', quantities: { area: '0' } } }, shelf)
    expect(shelf.length).toBe(1)
  })

  it('is kept for photos alone and for what was sent without an answer', () => {
    const bare = { ...draft, form: { ...draft.form, text: '' } }
    keepDraft(place, { ...bare, photos: [{ sha256: 'f00', name: 'a.jpg', picture: true }] }, shelf)
    expect(recallDraft(place, now, shelf)?.photos).toHaveLength(1)
    const sent = { id: 'b', kind: 'note' as const, valid_at: '2026-03-09T00:00:00Z', payload: { text: 'x' }, payload_version: 1 }
    keepDraft(place, { ...bare, waiting: [sent] }, shelf)
    expect(recallDraft(place, now, shelf)?.waiting).toEqual([sent])
  })

  it('is forgotten after two weeks, or when it cannot be read', () => {
    keepDraft(place, { ...draft, at: '2026-02-20T00:00:00Z' }, shelf)
    expect(recallDraft(place, now, shelf)).toBeNull()
    keepDraft(place, draft, shelf)
    shelf.setItem(shelf.key(0) ?? '', '{"at": "2026-03-09')
    expect(recallDraft(place, now, shelf)).toBeNull()
    expect(shelf.length).toBe(0)
  })
})
