import { expect, it } from 'vitest'
import { exported } from '@/field/export'
import { readUnsent } from '@/field/unsent'
import { entry, photo } from './samples'

it('reads back what was written, photos to the byte, refused records ready to be sent again', async () => {
  const picture = new Uint8Array([255, 216, 0, 7, 128])
  const reason = { code: 'x', zh: '不行', en: 'no' }
  const file = await exported([photo('p'), { ...entry('e', 1, { photos: ['p'] }), status: 'refused', tries: 3, reason }], async () => new Blob([picture]))
  const { items, blobs } = await readUnsent(file)
  expect(items).toEqual([photo('p'), { ...entry('e', 1, { photos: ['p'] }), reason: undefined }])
  expect(new Uint8Array((await blobs.get('p')?.arrayBuffer()) as ArrayBuffer)).toEqual(picture)
})

it('takes nothing else for such a file', async () => {
  await expect(readUnsent(new Blob(['{"format": "other"}']))).rejects.toThrow(SyntaxError)
  await expect(readUnsent(new Blob(['PK']))).rejects.toThrow(SyntaxError)
})
