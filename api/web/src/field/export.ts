/** Unsent work as a file: entries as they would be sent, photos beside them, so that nothing depends on one phone. */
import type { Item } from './outbox/machine'

export async function exported(items: readonly Item[], blobOf: (id: string) => Promise<Blob | undefined>): Promise<Blob> {
  const photos: Record<string, string> = {}
  for (const { id, type } of items) {
    const blob = type === 'photo' ? await blobOf(id) : undefined
    if (blob) photos[id] = base64(new Uint8Array(await blob.arrayBuffer()))
  }
  const content = { format: 'yzgeo-unsent', version: 1, written_at: new Date().toISOString(), items, photos }
  return new Blob([JSON.stringify(content)], { type: 'application/json' })
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000))
  return btoa(text)
}
