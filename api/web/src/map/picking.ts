/** Which features a click meant: the small ones before the large ones, each once. */

export interface Pick {
  layer: string
  uid: string
  title: string
}

export interface Hit {
  layer: string
  kind: 'point' | 'line' | 'polygon'
  properties: Record<string, unknown>
}

const RANK = { point: 0, line: 1, polygon: 2 } as const

/** Hits come topmost first; the order within a kind is kept. */
export function sortPicks(hits: readonly Hit[]): Pick[] {
  const found = new Map<string, Pick & { rank: number }>()
  for (const { layer, kind, properties } of hits) {
    const { uid, name, code } = properties
    if (typeof uid !== 'string' || found.has(uid)) continue
    const title = [name, code].find((text): text is string => typeof text === 'string' && text !== '') ?? ''
    found.set(uid, { layer, uid, title, rank: RANK[kind] })
  }
  return [...found.values()].sort((a, b) => a.rank - b.rank).map(({ layer, uid, title }) => ({ layer, uid, title }))
}
