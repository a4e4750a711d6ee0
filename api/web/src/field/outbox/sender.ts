/** Sends what waits, one record at a time; every step is kept on the phone before the next one begins. */
import { bodyOf, next, type Entry, type Happening, type Outbox, type Outcome, type Photo, type Reason, type Receipt } from './machine'

export interface Answer {
  id: string
  outcome: Outcome
  receipt: Receipt | null
  reason?: Reason
}

/** The way to the server. A throw means that nothing is known; `SignedOut` and `Barred` that nobody is let in. */
export interface Transport {
  photo(photo: Photo): Promise<{ sha256: string } | { reason: Reason }>
  event(body: Record<string, unknown>): Promise<Answer>
}

export interface Keeper {
  outbox(): Outbox
  /** Keep what happened; resolves when it is on the disk. */
  happen(happening: Happening): Promise<void>
}

export class SignedOut extends Error {
  override readonly name = 'SignedOut'
}

/** The service knows who asks and lets them do nothing here; the record waits. */
export class Barred extends Error {
  override readonly name: string = 'Barred'

  constructor(readonly reason: Reason) {
    super(reason.en)
  }
}

/** This phone is no longer let in, and what it holds has to go. */
export class Revoked extends Barred {
  override readonly name = 'Revoked'
}

interface Surroundings {
  now: () => number
  chance: () => number
  received?: (entry: Entry, answer: Answer) => void
}

const TAKEN: readonly Outcome[] = ['accepted', 'repeated', 'agreed', 'rebased']

/** Failures in a row after which the rest is spared until later: there is no signal, or nobody at the other end. */
const MOST_FAILURES = 3

/** Send what may be sent, until there is nothing more or it is no use; `step` is called after each. */
export async function sendAll(keeper: Keeper, transport: Transport, owner: string, around: Surroundings, step = () => {}): Promise<void> {
  for (let failures = 0; failures < MOST_FAILURES; step()) {
    const done = await sendNext(keeper, transport, owner, around)
    if (!done) return
    failures = done === 'failed' ? failures + 1 : 0
  }
}

/** Send one record, if one may be sent; tells whether there was one, and whether its answer is known. */
export async function sendNext(keeper: Keeper, transport: Transport, owner: string, around: Surroundings): Promise<'answered' | 'failed' | undefined> {
  const item = next(keeper.outbox(), owner, around.now())
  if (!item) return undefined
  await keeper.happen({ type: 'picked', id: item.id })
  try {
    await keeper.happen(item.type === 'photo' ? await sendPhoto(item, transport) : await sendEntry(item, keeper, transport, around))
  } catch (error) {
    await keeper.happen({ type: 'failed', id: item.id, now: around.now(), chance: around.chance() })
    if (error instanceof SignedOut || error instanceof Barred) throw error
    return 'failed'
  }
  return 'answered'
}

async function sendPhoto(photo: Photo, transport: Transport): Promise<Happening> {
  const answer = await transport.photo(photo)
  if ('reason' in answer) return { type: 'turnedDown', id: photo.id, reason: answer.reason, conflict: false }
  return { type: 'kept', id: photo.id, sha256: answer.sha256 }
}

async function sendEntry(entry: Entry, keeper: Keeper, transport: Transport, around: Surroundings): Promise<Happening> {
  const answer = await transport.event(bodyOf(entry, keeper.outbox()))
  if (answer.id !== entry.id) throw new Error('an answer to something else')
  if (TAKEN.includes(answer.outcome)) {
    if (answer.receipt?.event !== entry.id || !answer.receipt.hash) throw new Error('no receipt')
    around.received?.(entry, answer)
    return { type: 'received', id: entry.id, receipt: answer.receipt }
  }
  if (!answer.reason) throw new Error('a refusal without a reason')
  return { type: 'turnedDown', id: entry.id, reason: answer.reason, conflict: answer.outcome === 'conflict' }
}
