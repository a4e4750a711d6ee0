/** From the server's style to the one the map is given: only what the reader chose is drawn, all text is local. */
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl'
import type { BaseMap } from '@/client'
import { opacityPaint } from './opacity'
import { overlayLayers, overlaySources } from './overlays'

/** Opacity in percent of every layer that is switched on. */
export type Shown = ReadonlyMap<string, number>

export const BACKGROUND = '#f6f4ee'
/** CSS family for labels; without a glyph server MapLibre draws every character with the reader's own fonts. */
export const LABEL_FONT = ['Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif']

/** Which layer of the catalogue a style layer draws. */
export function layerIdOf(layer: LayerSpecification): string | null {
  const metadata = layer.metadata as Record<string, unknown> | undefined
  const id = metadata?.['yzgeo:layer']
  return typeof id === 'string' ? id : null
}

export function prepareStyle(style: StyleSpecification, shown: Shown, baseMap: BaseMap | null): StyleSpecification {
  const drawn = style.layers.map((layer) => prepareLayer(layer, shown))
  const background = drawn.some((layer) => layer.type === 'background') ? [] : [backgroundLayer()]
  const base = baseMap ? tianditu(baseMap.key) : { sources: {}, layers: [] }
  const { version, name, metadata } = style
  return {
    version,
    name,
    metadata,
    sources: { ...base.sources, ...style.sources, ...overlaySources },
    layers: [...background, ...base.layers, ...drawn, ...overlayLayers],
  }
}

/** What must change on a map that already shows the style, when the choice of layers changes. */
export interface LayerChange {
  id: string
  visibility: 'visible' | 'none'
  paint: Record<string, unknown>
}

export function changesOf(style: StyleSpecification, before: Shown, after: Shown): LayerChange[] {
  const changes: LayerChange[] = []
  for (const layer of style.layers) {
    const id = layerIdOf(layer)
    if (id === null || before.get(id) === after.get(id)) continue
    const opacity = after.get(id)
    changes.push({
      id: layer.id,
      visibility: opacity === undefined ? 'none' : 'visible',
      paint: opacity === undefined ? {} : opacityPaint(layer, opacity / 100),
    })
  }
  return changes
}

function prepareLayer(layer: LayerSpecification, shown: Shown): LayerSpecification {
  const id = layerIdOf(layer)
  if (id === null) return layer
  const opacity = shown.get(id)
  const font = layer.type === 'symbol' ? { 'text-font': LABEL_FONT } : {}
  const paint = opacity === undefined || opacity === 100 ? {} : opacityPaint(layer, opacity / 100)
  return {
    ...layer,
    layout: { ...layer.layout, ...font, visibility: opacity === undefined ? 'none' : 'visible' },
    paint: { ...layer.paint, ...paint },
  } as LayerSpecification
}

function backgroundLayer(): LayerSpecification {
  return { id: 'background', type: 'background', paint: { 'background-color': BACKGROUND } }
}

/** The national base map: the only thing that may be asked of another machine, and only with a configured key. */
function tianditu(key: string): Pick<StyleSpecification, 'sources' | 'layers'> {
  const sources: StyleSpecification['sources'] = {}
  const layers: LayerSpecification[] = []
  for (const sheet of ['vec', 'cva'] as const) {
    const id = `base-${sheet}`
    const query = `SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=${sheet}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles`
    sources[id] = {
      type: 'raster',
      tileSize: 256,
      maxzoom: 18,
      attribution: '© 天地图',
      tiles: [0, 1, 2, 3].map(
        (host) =>
          `https://t${host}.tianditu.gov.cn/${sheet}_w/wmts?${query}&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=${encodeURIComponent(key)}`,
      ),
    }
    layers.push({ id, type: 'raster', source: id, paint: { 'raster-opacity': 0.6, 'raster-saturation': -0.5 } })
  }
  return { sources, layers }
}
