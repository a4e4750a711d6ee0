/**
 * What somebody has typed into a form of the ledger and not sent, kept on this device until its receipt is here.
 *
 * Each account has its own, one for each feature. Photos stand in it by the hash under which the server has them. Entries
 * that were sent and not answered keep their ids, so that sending them again after a reload records nothing twice.
 */
import type { EventSent } from './api'
import type { Form, Task } from './entry'

export interface KeptPhoto {
  sha256: string
  name: string
  picture: boolean
}

export interface Draft {
  /** When it was last changed. */
  at: string
  task: Task
  /** The revision that the form was filled in on. */
  base: number
  form: Pick<Form, 'day' | 'text' | 'quantities'>
  photos: readonly KeptPhoto[]
  /** Entries that were sent and have no receipt. */
  waiting: readonly EventSent[]
}

export interface DraftPlace {
  account: string
  layer: string
  uid: string
}

const PREFIX = 'yzgeo-draft'
/** What nobody came back for is not what they mean any more. */
const KEPT_DAYS = 14

function keyOf({ account, layer, uid }: DraftPlace): string {
  return `${PREFIX}/${encodeURIComponent(account)}/${layer}/${uid}`
}

/** A form in which nothing was typed is not worth keeping. */
export function isWorthKeeping({ form, photos, waiting }: Draft): boolean {
  const typed = form.text.trim() !== '' || Object.values(form.quantities).some((quantity) => quantity.trim() !== '')
  return typed || photos.length > 0 || waiting.length > 0
}

export function keepDraft(place: DraftPlace, draft: Draft, store: Storage | null = ownStore()): void {
  try {
    if (isWorthKeeping(draft)) store?.setItem(keyOf(place), JSON.stringify(draft))
    else store?.removeItem(keyOf(place))
  } catch {
    // A browser that keeps nothing still sends what is typed.
  }
}

export function dropDraft(place: DraftPlace, store: Storage | null = ownStore()): void {
  store?.removeItem(keyOf(place))
}

export function recallDraft(place: DraftPlace, now: Date, store: Storage | null = ownStore()): Draft | null {
  const kept = store?.getItem(keyOf(place))
  if (!kept) return null
  const draft = read(kept)
  if (draft && now.valueOf() - new Date(draft.at).valueOf() < KEPT_DAYS * 86_400_000) return draft
  dropDraft(place, store)
  return null
}

function read(text: string): Draft | null {
  try {
    const draft = JSON.parse(text) as Partial<Draft> | null
    const whole = draft?.at && draft.task && draft.form && typeof draft.base === 'number' && Array.isArray(draft.photos) && Array.isArray(draft.waiting)
    return whole ? (draft as Draft) : null
  } catch {
    return null
  }
}

/** Absent where the browser forbids it. */
function ownStore(): Storage | null {
  try {
    return localStorage
  } catch {
    return null
  }
}
