/** The file of a phone's unsent work, as far as the page has to know it: what each record was about. */

export interface Unsent {
  titles: ReadonlyMap<string, string>
  records: number
  photos: number
  authors: readonly string[]
}

/** Undefined if it is no such file. */
export function unsentIn(text: string): Unsent | undefined {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof content !== 'object' || content === null || !('format' in content) || content.format !== 'yzgeo-unsent') return undefined
  const { items } = content as { items?: unknown }
  if (!Array.isArray(items)) return undefined
  const all = items.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null)
  const events = all.filter(({ type }) => type === 'event')
  return {
    titles: new Map(events.map(({ id, title }) => [String(id), String(title ?? '')])),
    records: events.length,
    photos: all.length - events.length,
    authors: [...new Set(all.map(({ owner }) => String(owner ?? '')).filter(Boolean))],
  }
}
