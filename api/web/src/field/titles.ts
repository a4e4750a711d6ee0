/** Names of quantities, also of those that the office has taken out of its forms: a draft may hold them still. */
import { noteDown, recall, type Database } from './outbox/database'
import type { Label, SyncLayer } from './types'

let titles: Record<string, Label> = {}

export async function readTitles(database: Database): Promise<void> {
  titles = (await recall(database, 'titles')) ?? {}
}

export async function keepTitles(database: Database, forms: readonly SyncLayer[]): Promise<void> {
  const named = forms.flatMap(({ id, measures }) => measures.map(({ field, title }): [string, Label] => [`${id}/${field}`, title]))
  titles = { ...titles, ...Object.fromEntries(named) }
  await noteDown(database, 'titles', titles)
}

export function titleOf(layer: string, field: string): Label | undefined {
  return titles[`${layer}/${field}`]
}
