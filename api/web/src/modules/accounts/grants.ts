/** Words and numbers about what lets someone in. */

export const MOST_DAYS = 366
/** The server refuses shorter ones; the page says so before asking. */
export const LEAST_PASSWORD = 8

export type PasswordGap = 'short' | 'differs' | 'same'

export function passwordGaps(current: string, next: string, again: string): PasswordGap[] {
  const found: [PasswordGap, boolean][] = [
    ['short', [...next].length < LEAST_PASSWORD],
    ['same', next !== '' && next === current],
    ['differs', next !== again],
  ]
  return found.filter(([, wrong]) => wrong).map(([gap]) => gap)
}

/** A password nobody can guess, for handing over: 96 random bits in letters and digits that are hard to mistake. */
export function makePassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
  const wanted = 17
  let made = ''
  while (made.length < wanted) {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1))
    // Bytes beyond the last whole round would make some letters likelier than others.
    if (byte < 256 - (256 % letters.length)) made += letters[byte % letters.length]
  }
  return made
}

/** Whole days until a moment, rounded up; none once it has passed. */
export function daysLeft(until: string, now: Date): number {
  return Math.max(0, Math.ceil((new Date(until).valueOf() - now.valueOf()) / 86_400_000))
}
