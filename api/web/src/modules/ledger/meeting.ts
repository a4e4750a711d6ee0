/** The day of the last meeting, remembered on this device. */

const KEY = 'yzgeo-last-meeting'
/** Meetings are monthly until someone says otherwise. */
const USUAL_DAYS = 30

export function recallMeeting(today: string): string {
  const kept = stored()
  if (kept && /^\d{4}-\d{2}-\d{2}$/.test(kept) && kept < today) return kept
  return new Date(Date.parse(`${today}T00:00:00Z`) - USUAL_DAYS * 86_400_000).toISOString().slice(0, 10)
}

export function rememberMeeting(day: string): void {
  try {
    localStorage.setItem(KEY, day)
  } catch {
    // A browser that keeps nothing still shows the list.
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}
