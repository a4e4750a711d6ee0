/** The ledger as the page asks it: one feature's story, recording, photos, receipts. */
import { ask, OfflineError, RefusedError, type Problem } from '@/client'
import type { components } from '@/client/schema'

type Schemas = components['schemas']

export type Story = Schemas['FeatureStory']
export type StoryEvent = Schemas['StoryEvent']
export type FeatureState = Schemas['FeatureState']
export type MeasureState = Schemas['MeasureState']
export type OfferedMove = Schemas['OfferedMove']
export type EventSent = Schemas['EventSent']
export type Recorded = Schemas['EventRecorded']
export type Receipt = Schemas['Receipt']
export type ReceiptFound = Schemas['ReceiptFound']
export type Attachment = Schemas['AttachmentKept']

function eventsPath(layer: string, uid: string): string {
  return `/api/layers/${encodeURIComponent(layer)}/features/${encodeURIComponent(uid)}/events`
}

export function fetchStory(layer: string, uid: string): Promise<Story> {
  return ask(eventsPath(layer, uid), { cache: 'no-cache' })
}

/** Sending the same event again is harmless: the first receipt comes back. */
export function sendEvent(layer: string, uid: string, event: EventSent): Promise<Recorded> {
  return ask(eventsPath(layer, uid), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  })
}

export function findReceipt(id: string): Promise<ReceiptFound> {
  return ask(`/api/events/${encodeURIComponent(id)}`, { cache: 'no-cache' })
}

export function photoPath(sha256: string, size: 'full' | 'thumb'): string {
  return `/api/attachments/${sha256}${size === 'thumb' ? '?size=thumb' : ''}`
}

/** `fetch` cannot tell how much of a photo has left the phone, so this is the older way of asking. */
export function uploadPhoto(file: File, onProgress: (share: number) => void): Promise<Attachment> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', '/api/attachments')
    request.responseType = 'json'
    request.upload.onprogress = ({ loaded, total, lengthComputable }) => {
      if (lengthComputable) onProgress(loaded / total)
    }
    request.onerror = () => reject(new OfflineError())
    request.onload = () => {
      const answer: unknown = request.response
      if (request.status === 201) resolve(answer as Attachment)
      else reject(new RefusedError(request.status, (answer ?? {}) as Problem))
    }
    const form = new FormData()
    form.append('file', file)
    request.send(form)
  })
}
