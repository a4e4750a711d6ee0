/** The style of another day: the same drawing, from tiles of that day where a layer has stages. */
import type { StyleSpecification } from 'maplibre-gl'

/**
 * Layers without stages keep their source objects, so that nothing of them is fetched again.
 *
 * The ledger's revision in the address lets the browser keep the tiles of a day: playing the years twice asks once.
 */
export function styleOnDay(style: StyleSpecification, staged: ReadonlySet<string>, day: string, ledger: number): StyleSpecification {
  const drawn = new Map<string, string>()
  for (const layer of style.layers) {
    const id = (layer.metadata as Record<string, unknown> | undefined)?.['yzgeo:layer']
    if (typeof id === 'string' && 'source' in layer && typeof layer.source === 'string') drawn.set(layer.source, id)
  }
  const sources = Object.entries(style.sources).map(([name, source]) => {
    if (source.type !== 'vector' || !source.tiles || !staged.has(drawn.get(name) ?? '')) return [name, source] as const
    const tiles = source.tiles.map((address) => `${address}${address.includes('?') ? '&' : '?'}datetime=${day}&ledger=${ledger}`)
    return [name, { ...source, tiles }] as const
  })
  return { ...style, sources: Object.fromEntries(sources) }
}
