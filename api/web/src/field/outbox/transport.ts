/** The way to the service. Only what it says about a record itself is an answer; everything else is tried again. */
import type { SyncPushed } from '../types'
import type { Outcome, Photo, Receipt } from './machine'
import type { Answer, Transport } from './sender'
import { call, reasonOf } from './service'
import { upload, type Addresses } from './uploads'

interface Around {
  blobOf: (id: string) => Promise<Blob | undefined>
  addresses: Addresses
  heard: (serverTime: string) => void
  progress?: (sent: number, total: number) => void
}

export function openTransport({ blobOf, addresses, heard, progress }: Around): Transport {
  return {
    async photo(photo: Photo) {
      const blob = await blobOf(photo.id)
      if (!blob) return { reason: { code: 'photo_lost', zh: '手机上找不到这张照片', en: 'the photo is not on this phone any more' } }
      return upload(photo.id, blob, addresses, progress)
    },
    async event(event) {
      const body = JSON.stringify({ events: [event] })
      const response = await call('/api/sync', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      if (!response.ok) throw new Error(`status ${response.status}`)
      const told = (await response.json()) as SyncPushed
      heard(told.server_time)
      const answer = told.answers[0]
      if (!answer) throw new Error('no answer')
      const reason = answer.problem ? reasonOf(answer.problem) : undefined
      return { id: answer.id, outcome: answer.outcome as Outcome, receipt: (answer.receipt ?? null) as Receipt | null, reason } satisfies Answer
    },
  }
}
