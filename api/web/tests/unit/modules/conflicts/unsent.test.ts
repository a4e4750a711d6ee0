import { describe, expect, it } from 'vitest'
import { exported } from '@/field/export'
import { unsentIn } from '@/modules/conflicts/unsent'
import { entry, photo } from '../../field/samples'

describe('a file of unsent work', () => {
  it('that a phone wrote tells its records, photos and authors', async () => {
    const file = await exported([photo('p1'), entry('e1', 1, { title: 'BTC-01' }), entry('e2', 2, { owner: 'li' })], () => Promise.resolve(new Blob(['jpeg'])))
    expect(unsentIn(await file.text())).toEqual({ titles: new Map([['e1', 'BTC-01'], ['e2', 'P01']]), records: 2, photos: 1, authors: ['wang', 'li'] })
  })

  it.each(['', 'not json', '[]', 'null', '{"type":"FeatureCollection"}', '{"format":"yzgeo-unsent","items":3}'])('is not %j', (text) => {
    expect(unsentIn(text)).toBeUndefined()
  })
})
