/**
 * Hatching of what stands still.
 *
 * The district's style says it with a dashed outline for one stage, which every client can draw without pictures. Where
 * the area is filled by stage, this page adds a pattern in the outline's colour over the same features.
 */
import type { FillLayerSpecification, LayerSpecification, LineLayerSpecification, Map as MapLibreMap, StyleSpecification } from 'maplibre-gl'

const PREFIX = 'hatch:'
const SIZE = 16
const PIXEL_RATIO = 2
/** Width of a stroke across, in pixels of the picture. */
const STROKE = 2

/** The same style with a hatching above each area that is filled by stage and has a dashed outline for one. */
export function withHatch(style: StyleSpecification): StyleSpecification {
  const hatched = style.layers.flatMap((layer) => {
    const outline = layer.type === 'fill' ? dashedOutline(layer, style.layers) : undefined
    return outline && layer.type === 'fill' ? [layer, hatching(layer, outline)] : [layer]
  })
  return hatched.length === style.layers.length ? style : { ...style, layers: hatched }
}

function dashedOutline(fill: FillLayerSpecification, layers: readonly LayerSpecification[]): LineLayerSpecification | undefined {
  if (!byStage(fill.paint?.['fill-color'])) return undefined
  return layers.find(
    (layer): layer is LineLayerSpecification =>
      layer.type === 'line' &&
      layer.source === fill.source &&
      layer['source-layer'] === fill['source-layer'] &&
      layer.paint?.['line-dasharray'] !== undefined &&
      typeof layer.paint['line-color'] === 'string' &&
      byStage(layer.filter),
  )
}

function byStage(expression: unknown): boolean {
  return JSON.stringify(expression ?? null).includes('["get","stage"]')
}

function hatching(fill: FillLayerSpecification, outline: LineLayerSpecification): FillLayerSpecification {
  const { id, type, source, 'source-layer': part, metadata, minzoom, maxzoom } = fill
  return {
    id: `${id}-hatch`,
    type,
    source,
    ...(part === undefined ? {} : { 'source-layer': part }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(minzoom === undefined ? {} : { minzoom }),
    ...(maxzoom === undefined ? {} : { maxzoom }),
    ...(outline.filter ? { filter: outline.filter } : {}),
    paint: { 'fill-pattern': `${PREFIX}${outline.paint?.['line-color'] as string}` },
  }
}

/** Give a map the patterns that its style asks for. */
export function provideHatch(map: MapLibreMap): void {
  map.on('styleimagemissing', ({ id }) => {
    if (id.startsWith(PREFIX) && !map.hasImage(id)) map.addImage(id, hatchImage(id.slice(PREFIX.length)), { pixelRatio: PIXEL_RATIO })
  })
}

/** A tile of strokes at 45°, seamless on all sides, of a colour written #rrggbb. */
export function hatchImage(colour: string): { width: number; height: number; data: Uint8ClampedArray } {
  const number = Number.parseInt(colour.slice(1), 16)
  const data = new Uint8ClampedArray(SIZE * SIZE * 4)
  for (let at = 0; at < SIZE * SIZE; at += 1) {
    const along = ((at % SIZE) + Math.floor(at / SIZE) + 1) % SIZE
    // Distance from the nearest stroke, across it; the edge fades over one pixel.
    const distance = Math.min(along, SIZE - along) / Math.SQRT2
    const opacity = Math.min(1, Math.max(0, STROKE / 2 + 0.5 - distance))
    data.set([(number >> 16) & 255, (number >> 8) & 255, number & 255, Math.round(opacity * 255)], at * 4)
  }
  return { width: SIZE, height: SIZE, data }
}
