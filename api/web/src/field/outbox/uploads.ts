/**
 * Photos in pieces that can be resumed (tus), so that a bad signal costs one piece and not the whole picture.
 *
 * A service without that interface is sent the picture whole.
 */
import { DetailedError, Upload, type HttpRequest, type HttpResponse, type HttpStack } from 'tus-js-client'
import type { Problem } from '@/client'
import type { Reason } from './machine'
import { SignedOut } from './sender'
import { bar, call, headers, reasonOf } from './service'

const PIECE_BYTES = 128 * 1024
const PATIENCE_MS = 30_000
/** Statuses by which the service refuses a photo for what it is; others pass. */
const REFUSED = [400, 413, 415, 422]
const UNKNOWN = [404, 405]

type Kept = { sha256: string } | { reason: Reason }

/** Where the pieces of a photo went so far: kept on the disk, for a page that is closed in between. */
export interface Addresses {
  find(id: string): Promise<string | undefined>
  keep(id: string, address: string | undefined): Promise<void>
}

let whole = false

export async function upload(id: string, blob: Blob, addresses: Addresses, progress?: (sent: number, total: number) => void): Promise<Kept> {
  if (!whole) {
    const kept = await inPieces(id, blob, addresses, progress)
    if (kept) return kept
    whole = true
  }
  return inOne(id, blob)
}

async function inOne(id: string, blob: Blob): Promise<Kept> {
  const body = new FormData()
  body.append('file', blob, `${id}.jpg`)
  const response = await call('/api/attachments', { method: 'POST', body })
  if (REFUSED.includes(response.status)) return { reason: reasonOf((await response.json()) as Problem) }
  if (!response.ok) throw new Error(`status ${response.status}`)
  const { sha256 } = (await response.json()) as { sha256?: string }
  if (!sha256) throw new Error('no receipt')
  return { sha256 }
}

/** What became of it; undefined if the service takes no pieces. */
async function inPieces(id: string, blob: Blob, addresses: Addresses, progress?: (sent: number, total: number) => void): Promise<Kept | undefined> {
  const sha256 = hex(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()))
  const address = await addresses.find(id)
  try {
    const last = await new Promise<HttpResponse>((resolve, reject) => {
      const sending: Upload = new Upload(blob, {
        endpoint: '/api/uploads', uploadUrl: address, chunkSize: PIECE_BYTES, retryDelays: null, storeFingerprintForResuming: false, httpStack: new FetchStack(),
        metadata: { filename: `${id}.jpg`, filetype: blob.type || 'image/jpeg', sha256 },
        onUploadUrlAvailable: () => void addresses.keep(id, sending.url ?? undefined),
        onProgress: (sent, total) => progress?.(sent, total ?? blob.size),
        onSuccess: ({ lastResponse }) => resolve(lastResponse),
        onError: reject,
      })
      sending.start()
    })
    const kept = last.getHeader('x-yzgeo-attachment')
    if (!kept) throw new Error('no receipt')
    await addresses.keep(id, undefined)
    return { sha256: kept }
  } catch (error) {
    const answer = error instanceof DetailedError ? error.originalResponse : null
    if (!answer) throw error
    return await turnedAway(answer, error as DetailedError, () => addresses.keep(id, undefined))
  }
}

async function turnedAway(answer: HttpResponse, error: DetailedError, forget: () => Promise<void>): Promise<Kept | undefined> {
  const status = answer.getStatus()
  if (status === 401) throw new SignedOut()
  const problem = parsed(answer.getBody())
  if (status === 403) throw bar(problem)
  if (UNKNOWN.includes(status) && error.originalRequest?.getMethod() === 'POST') return undefined
  if (REFUSED.includes(status) && problem?.code) {
    await forget()
    return { reason: reasonOf(problem) }
  }
  throw error
}

function parsed(body: string): Problem | null {
  try {
    return JSON.parse(body) as Problem
  } catch {
    return null
  }
}

function hex(digest: ArrayBuffer): string {
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The client of the protocol speaks through XMLHttpRequest, which workers have not; fetch is everywhere. */
class FetchStack implements HttpStack {
  createRequest(method: string, url: string): HttpRequest {
    const told: Record<string, string> = headers()
    let progress: ((sent: number) => void) | undefined
    const stop = new AbortController()
    return {
      getMethod: () => method,
      getURL: () => url,
      setHeader: (name, value) => void (told[name] = value),
      getHeader: (name) => told[name],
      setProgressHandler: (handler) => void (progress = handler),
      abort: async () => stop.abort(),
      getUnderlyingObject: () => undefined,
      send: async (body: BodyInit | null = null) => {
        const timer = setTimeout(() => stop.abort(), PATIENCE_MS)
        const response = await fetch(url, { method, headers: told, body, cache: 'no-store', signal: stop.signal })
        const text = await response.text()
        clearTimeout(timer)
        if (body instanceof Blob) progress?.(body.size)
        return { getStatus: () => response.status, getHeader: (name) => response.headers.get(name) ?? undefined, getBody: () => text, getUnderlyingObject: () => response } as HttpResponse
      },
    }
  }

  getName(): string {
    return 'fetch'
  }
}
