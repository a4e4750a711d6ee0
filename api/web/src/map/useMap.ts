/** The life of one MapLibre map: created from a style, told what to show, asked where it was clicked. */
import type { Geometry } from 'geojson'
import type { GeoJSONSource, Map as MapLibreMap, MapMouseEvent, PointLike, StyleSpecification } from 'maplibre-gl'
import { onBeforeUnmount, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { BaseMap, Bounds, GeometryKind, Position2 } from '@/client'
import type { MapPosition } from '@/shared/viewState'
import { applyContent } from './applying'
import { clusterAt, enterCluster } from './clusters'
import { extras, stepsBetween, takeSteps, wish, type MapExtra } from './extras'
import { provideHatch } from './hatch'
import { loadMapLibrary } from './loadMap'
import { FIRST_OVERLAY, SELECTION, selectionData, SKETCH, sketchData, type Sketch } from './overlays'
import { sortPicks, type Hit, type Pick } from './picking'
import { layerIdOf, prepareStyle, type Shown } from './style'

export interface MapContent {
  style: StyleSpecification
  shown: Shown
  baseMap: BaseMap | null
  kinds: ReadonlyMap<string, GeometryKind>
}

export interface MapEvents {
  picked(picks: Pick[]): void
  sketched(point: Position2): void
  moved(position: MapPosition): void
  tilesFailed(): void
  painted(): void
}

export interface DistrictMap {
  map: ShallowRef<MapLibreMap | null>
  /** The first picture stands. */
  painted: Ref<boolean>
  create(container: HTMLElement, start: MapPosition | Bounds, label: string): Promise<void>
  show(content: MapContent): void
  select(geometry: Geometry | null): void
  sketch(sketch: Sketch | null): void
  fit(bounds: Bounds, bottom?: number): void
  moveTo(position: MapPosition): void
  retry(): void
}

const TOUCH_RADIUS_PX = 5
const MAX_ZOOM_WHEN_FITTING = 17

export function useMap(content: () => MapContent, sketching: () => boolean, events: MapEvents): DistrictMap {
  const map = shallowRef<MapLibreMap | null>(null)
  const painted = ref(false)
  let current: MapContent | null = null
  let selected: Geometry | null = null
  let drawing: Sketch | null = null
  /** What the map has of the modules' extras. */
  let drawn: ReadonlyMap<string, MapExtra> = new Map()
  let hovered: string | null = null

  async function create(container: HTMLElement, start: MapPosition | Bounds, label: string): Promise<void> {
    const library = await loadMapLibrary()
    current = content()
    const view = Array.isArray(start)
      ? { bounds: start, fitBoundsOptions: { padding: 24 } }
      : { center: [start.longitude, start.latitude] as Position2, zoom: start.zoom }
    const created = new library.MapLibreMap({
      container,
      ...view,
      style: prepareStyle(current.style, current.shown, current.baseMap),
      attributionControl: false,
      localIdeographFontFamily: 'Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif',
      locale: { 'Map.Title': label },
      maxZoom: 20,
      minZoom: 8,
      maxPitch: 0,
      fadeDuration: 0,
      // The catalogue's styles are checked where they are made; checking 40 layers again costs the first picture.
      validateStyle: false,
    })
    created.addControl(new library.ScaleControl({ maxWidth: 110, unit: 'metric' }), 'bottom-left')
    provideHatch(created)
    markVisible(created)
    created.once('idle', () => {
      performance.mark('yzgeo-map-painted')
      painted.value = true
      events.painted()
    })
    created.on('style.load', () => {
      drawn = new Map()
      redraw()
      drawExtras()
    })
    created.on('click', (event) => click(created, event))
    created.on('mousemove', (event) => hover(created, event))
    created.on('moveend', () => events.moved(positionOf(created)))
    created.on('error', ({ error }) => {
      if (!('status' in error)) events.tilesFailed()
    })
    created.getCanvas().addEventListener('keydown', (event) => {
      if (event.key === 'Enter') act(created, created.project(created.getCenter()), created.getCenter().toArray())
    })
    map.value = created
    redraw()
    if (created.isStyleLoaded()) drawExtras()
  }

  /** Note for measurements when something of the district first stood on the screen. */
  function markVisible(target: MapLibreMap): void {
    const look = target.on('render', () => {
      const there = [...content().shown.keys()].some((id) => target.getSource(id) && target.isSourceLoaded(id))
      if (!there) return
      look.unsubscribe()
      performance.mark('yzgeo-map-visible')
    })
  }

  function click(target: MapLibreMap, event: MapMouseEvent): void {
    act(target, event.point, event.lngLat.toArray())
  }

  function act(target: MapLibreMap, point: { x: number; y: number }, place: Position2): void {
    if (sketching()) events.sketched(place)
    else if (placing()) placing()?.(place)
    else if (!clickExtra(target, point, place) && !enterCluster(target, point, content().style)) events.picked(pickAt(target, point, content()))
  }

  function placing(): MapExtra['onPlace'] {
    return [...extras.values()].find(({ onPlace }) => onPlace)?.onPlace
  }

  function hover(target: MapLibreMap, event: MapMouseEvent): void {
    hoverExtra(target, event.point)
    const over = sketching() || placing() ? 'crosshair' : hovered !== null || clickable(target, event.point) ? 'pointer' : ''
    target.getCanvas().style.cursor = over
  }

  function clickable(target: MapLibreMap, point: { x: number; y: number }): boolean {
    return clusterAt(target, point, content().style) !== null || pickAt(target, point, content()).length > 0
  }

  function show(next: MapContent): void {
    const target = map.value
    const before = current
    current = next
    if (!target || !before) return
    if (applyContent(target, before, next)) return
    // Where the new style is only a few steps from the old one, no style.load follows.
    redraw()
    drawExtras()
  }

  /** Bring the map's extras to what the modules ask for; while a style loads, its end does it. */
  function drawExtras(): void {
    const target = map.value
    if (!target?.style) return
    const wanted = new Map(extras)
    const known = new Map([...drawn].filter(([, { sources }]) => Object.keys(sources).every((name) => target.getSource(name))))
    takeSteps(target, stepsBetween(known, wanted), FIRST_OVERLAY)
    drawn = wanted
  }

  function extraAt(target: MapLibreMap, point: { x: number; y: number }, deaf: 'onClick' | 'onHover') {
    for (const [owner, extra] of [...drawn].reverse()) {
      const layers = extra[deaf] ? extra.layers.map(({ id }) => id).filter((id) => target.getLayer(id)) : []
      const features = layers.length > 0 ? target.queryRenderedFeatures(around(point), { layers }) : []
      if (features.length > 0) return { owner, extra, features }
    }
    return null
  }

  function clickExtra(target: MapLibreMap, point: { x: number; y: number }, place: Position2): boolean {
    const hit = extraAt(target, point, 'onClick')
    return hit?.extra.onClick?.(hit.features, place) ?? false
  }

  function hoverExtra(target: MapLibreMap, point: { x: number; y: number }): void {
    const hit = extraAt(target, point, 'onHover')
    if (hovered !== null && hovered !== hit?.owner) extras.get(hovered)?.onHover?.([])
    hovered = hit?.owner ?? null
    hit?.extra.onHover?.(hit.features)
  }

  function redraw(): void {
    const target = map.value
    if (!target) return
    target.getSource<GeoJSONSource>(SELECTION)?.setData(selectionData(selected))
    target.getSource<GeoJSONSource>(SKETCH)?.setData(sketchData(drawing))
  }

  function select(geometry: Geometry | null): void {
    selected = geometry
    redraw()
  }

  function sketch(next: Sketch | null): void {
    drawing = next
    redraw()
  }

  function fit(bounds: Bounds, bottom = 0): void {
    const padding = { top: 48, left: 48, right: 48, bottom: 48 + bottom }
    map.value?.fitBounds(bounds, { padding, maxZoom: MAX_ZOOM_WHEN_FITTING, duration: 400 })
  }

  function moveTo(position: MapPosition): void {
    map.value?.jumpTo({ center: [position.longitude, position.latitude], zoom: position.zoom })
  }

  function retry(): void {
    for (const source of Object.keys(current?.style.sources ?? {})) map.value?.refreshTiles(source)
  }

  watch(extras, drawExtras)
  watch(
    () => wish.bounds,
    (bounds) => bounds && fit(bounds),
  )
  onBeforeUnmount(() => map.value?.remove())

  return { map, painted, create, show, select, sketch, fit, moveTo, retry }
}

function positionOf(map: MapLibreMap): MapPosition {
  const { lng, lat } = map.getCenter()
  return { zoom: map.getZoom(), latitude: lat, longitude: lng }
}

function around({ x, y }: { x: number; y: number }): [PointLike, PointLike] {
  return [
    [x - TOUCH_RADIUS_PX, y - TOUCH_RADIUS_PX],
    [x + TOUCH_RADIUS_PX, y + TOUCH_RADIUS_PX],
  ]
}

function pickAt(map: MapLibreMap, point: { x: number; y: number }, content: MapContent): Pick[] {
  const hits: Hit[] = []
  for (const feature of map.queryRenderedFeatures(around(point))) {
    const layer = layerIdOf(feature.layer as Parameters<typeof layerIdOf>[0])
    const kind = layer === null ? undefined : content.kinds.get(layer)
    if (layer === null || !kind || kind === 'none') continue
    hits.push({ layer, kind, properties: feature.properties })
  }
  return sortPicks(hits)
}
