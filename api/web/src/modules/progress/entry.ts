/** What someone is about to record, as a form sees it, and the entry that is sent. */
import type { EventSent, MeasureState, OfferedMove, StoryEvent } from './api'

export type Task =
  | { kind: 'transition'; move: OfferedMove }
  | { kind: 'measure' }
  | { kind: 'note' }
  | { kind: 'photo' }
  | { kind: 'correction'; event: StoryEvent }

export interface Form {
  /** Day the entry speaks of, as YYYY-MM-DD. */
  day: string
  text: string
  /** Quantities as typed; empty fields are not sent. */
  quantities: Readonly<Record<string, string>>
  /** Photos that were uploaded. */
  photos: readonly string[]
}

/** The district's clock, which the days of the ledger go by. */
const ZONE_HOURS = 8
const ZONE = '+08:00'

export function dayIn(moment: Date): string {
  return new Date(moment.valueOf() + ZONE_HOURS * 3_600_000).toISOString().slice(0, 10)
}

/** Date and time of an entry on the district's clock, for people. */
export function momentText(iso: string): string {
  const local = new Date(new Date(iso).valueOf() + ZONE_HOURS * 3_600_000).toISOString()
  return `${local.slice(0, 10)} ${local.slice(11, 16)}`
}

/** An entry about today speaks of this moment; one about an earlier day of its noon. */
export function momentOf(day: string, now: Date): string {
  return day === dayIn(now) ? now.toISOString() : `${day}T12:00:00${ZONE}`
}

/** A random (version 4) UUID; `crypto.randomUUID` is not there on a page that came over plain http. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Entries to send for a form, in the order to send them: each photo of a `photo` task is an entry of its own. */
export function contentsOf(task: Task, form: Form): Pick<EventSent, 'kind' | 'payload'>[] {
  const text = form.text.trim()
  switch (task.kind) {
    case 'transition': {
      const payload: EventSent['payload'] = { to: task.move.to }
      if (text) payload.reason = text
      if (form.photos.length > 0) payload.evidence = [...form.photos]
      return [{ kind: 'transition', payload }]
    }
    case 'measure':
      return [{ kind: 'measure', payload: quantitiesOf(form) }]
    case 'note':
      return [{ kind: 'note', payload: { text } }]
    case 'photo':
      return form.photos.map((attachment) => ({ kind: 'photo', payload: text ? { attachment, caption: text } : { attachment } }))
    case 'correction':
      return [{ kind: 'correction', payload: { cancels: task.event.id, reason: text } }]
  }
}

function quantitiesOf(form: Form): Record<string, number> {
  const given = Object.entries(form.quantities).filter(([, typed]) => typed.trim() !== '')
  return Object.fromEntries(given.map(([field, typed]) => [field, Number(typed)]))
}

export type Gap = 'reason' | 'evidence' | 'text' | 'photo' | 'quantity' | 'future'

/** What the form still needs; the server decides, this only spares a journey. */
export function gapsOf(task: Task, form: Form, now: Date): Gap[] {
  const silent = form.text.trim() === ''
  const bare = form.photos.length === 0
  const found: [Gap, boolean][] = [
    ['future', form.day > dayIn(now)],
    ['text', task.kind === 'note' && silent],
    ['photo', task.kind === 'photo' && bare],
    ['quantity', task.kind === 'measure' && Object.keys(quantitiesOf(form)).length === 0],
    ['reason', needsReason(task) && silent],
    ['evidence', task.kind === 'transition' && task.move.evidence && bare],
  ]
  return found.filter(([, missing]) => missing).map(([gap]) => gap)
}

export function needsReason(task: Task): boolean {
  return task.kind === 'correction' || (task.kind === 'transition' && task.move.reason)
}

/** A quantity grows up to its limit. */
export function quantityFits(typed: string, measure: MeasureState): boolean {
  if (typed.trim() === '') return true
  const value = Number(typed)
  return Number.isFinite(value) && value >= (measure.value ?? 0) && (measure.limit === null || value <= measure.limit)
}

/** Who may take an entry back: who made it, and who approves. The server has the last word. */
export function mayCorrect(event: StoryEvent, account: { name: string | null; role: string }): boolean {
  if (event.kind === 'opening' || event.kind === 'withdrawal' || event.kind === 'correction' || event.cancelled || event.replaced) return false
  return event.actor === account.name || account.role === 'bureau' || account.role === 'admin'
}
