/** A layer's opacity as a factor on what its style says, whatever form the style's value has. */
import type { LayerSpecification } from 'maplibre-gl'

type PaintValue = unknown

const OPACITY_PROPERTIES: Partial<Record<LayerSpecification['type'], readonly string[]>> = {
  fill: ['fill-opacity'],
  'fill-extrusion': ['fill-extrusion-opacity'],
  line: ['line-opacity'],
  circle: ['circle-opacity', 'circle-stroke-opacity'],
  symbol: ['text-opacity', 'icon-opacity'],
  heatmap: ['heatmap-opacity'],
  raster: ['raster-opacity'],
}

/** Paint properties of a style layer with every opacity multiplied by `factor` (0 to 1). */
export function opacityPaint(layer: LayerSpecification, factor: number): Record<string, PaintValue> {
  const paint = ('paint' in layer ? layer.paint : undefined) as Record<string, PaintValue> | undefined
  const names = OPACITY_PROPERTIES[layer.type] ?? []
  return Object.fromEntries(names.map((name) => [name, scale(paint?.[name] ?? 1, factor)]))
}

/**
 * Multiply a number or an expression.
 *
 * `zoom` may stand only in an outermost `interpolate` or `step`, so these are entered and their outputs multiplied.
 */
export function scale(value: PaintValue, factor: number): PaintValue {
  if (typeof value === 'number') return round(value * factor)
  if (!Array.isArray(value)) return value
  if (factor === 1) return value
  const [operator] = value as unknown[]
  if (operator === 'interpolate') return value.map((part, at) => (at >= 4 && at % 2 === 0 ? scale(part, factor) : part))
  if (operator === 'step') return value.map((part, at) => (at >= 2 && at % 2 === 0 ? scale(part, factor) : part))
  return ['*', factor, value]
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
