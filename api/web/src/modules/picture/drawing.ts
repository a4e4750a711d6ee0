/** Draw the map with what a reader needs who has not the page: title, legend, scale, north, sources, state and day. */
import type { Map as MapLibreMap } from 'maplibre-gl'
import type { LegendMark } from '@/map'
import { lengthText, metresPerPixel, scaleBar } from './scale'

export interface LegendGroup {
  title: string
  items: readonly LegendMark[]
}

export interface Frame {
  title: string
  /** Under the title: the day of the data and whether any of it is illustrative. */
  notes: readonly string[]
  legend: readonly LegendGroup[]
  /** At the foot: sources and what the map may not be used for. */
  foot: readonly string[]
  font: string
}

const INK = '#1f2a24'
const PAPER = '#ffffff'
const MARGIN = 16
const LEGEND = 190
const LINE = 20
const SMALL = 16
/** A map narrower than this has its legend below. */
const BESIDE_FROM = 600

/** The picture as PNG, in the pixels of the screen; null if the browser cannot make one. */
export async function drawPicture(map: MapLibreMap, frame: Frame): Promise<Blob | null> {
  const [shot, width, height] = await shoot(map)
  const ratio = shot.width / width
  const beside = width >= BESIDE_FROM
  const rows = frame.legend.reduce((sum, { items }) => sum + (items.length > 1 ? items.length + 1 : 1), 0)
  const columns = Math.max(1, Math.floor(width / LEGEND))
  const below = beside || rows === 0 ? 0 : Math.ceil(rows / columns) * LINE + MARGIN
  const head = 44 + frame.notes.length * SMALL
  const body = beside ? Math.max(height, rows * LINE + MARGIN) : height

  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d')
  if (!context) return null
  context.font = `12px ${frame.font}`
  const whole = MARGIN * 2 + width + (beside && rows ? LEGEND : 0)
  const foot = frame.foot.flatMap((line) => wrapped(line, whole - MARGIN * 2, (text) => context.measureText(text).width))
  canvas.width = Math.round(whole * ratio)
  canvas.height = Math.round((head + body + below + foot.length * SMALL + MARGIN * 2) * ratio)
  context.scale(ratio, ratio)
  context.fillStyle = PAPER
  context.fillRect(0, 0, canvas.width, canvas.height)

  context.textBaseline = 'middle'
  write(context, frame.title, MARGIN, 24, `600 20px ${frame.font}`)
  frame.notes.forEach((note, at) => write(context, note, MARGIN, 48 + at * SMALL, `12px ${frame.font}`))
  context.drawImage(shot, MARGIN, head, width, height)
  context.strokeStyle = INK
  context.strokeRect(MARGIN, head, width, height)
  drawScale(context, scaleBar(metresPerPixel(map.getCenter().lat, map.getZoom()), 140), MARGIN + 12, head + height - 14, frame.font)
  drawNorth(context, MARGIN + width - 28, head + 34, map.getBearing(), frame.font)
  if (beside) drawLegend(context, frame, MARGIN + width + 14, head, Number.POSITIVE_INFINITY)
  else drawLegend(context, frame, MARGIN, head + height + MARGIN / 2, Math.ceil(rows / columns))
  const top = head + body + below + MARGIN
  foot.forEach((line, at) => write(context, line, MARGIN, top + at * SMALL, `12px ${frame.font}`))
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'))
}

/** The map's pixels: WebGL forgets them after each frame, so they are copied while one is drawn. */
function shoot(map: MapLibreMap): Promise<[canvas: HTMLCanvasElement, width: number, height: number]> {
  return new Promise((resolve) => {
    map.once('render', () => {
      const drawn = map.getCanvas()
      const copy = document.createElement('canvas')
      copy.width = drawn.width
      copy.height = drawn.height
      copy.getContext('2d')?.drawImage(drawn, 0, 0)
      resolve([copy, drawn.clientWidth, drawn.clientHeight])
    })
    map.triggerRepaint()
  })
}

/** Cut a text into lines; Chinese may break anywhere, so every character may. */
export function wrapped(text: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = []
  let line = ''
  for (const sign of text) {
    if (line && measure(line + sign) > width) {
      lines.push(line)
      line = ''
    }
    line += sign
  }
  return line ? [...lines, line] : lines
}

function write(context: CanvasRenderingContext2D, text: string, x: number, y: number, font: string): void {
  context.font = font
  context.fillStyle = INK
  context.fillText(text, x, y)
}

function drawScale(context: CanvasRenderingContext2D, { metres, pixels }: { metres: number; pixels: number }, x: number, y: number, font: string): void {
  context.fillStyle = 'rgb(255 255 255 / 82%)'
  context.fillRect(x - 6, y - 22, pixels + 12, 30)
  context.strokeStyle = INK
  context.lineWidth = 2
  context.beginPath()
  context.moveTo(x, y - 6)
  context.lineTo(x, y)
  context.lineTo(x + pixels, y)
  context.lineTo(x + pixels, y - 6)
  context.stroke()
  context.lineWidth = 1
  write(context, lengthText(metres), x + 6, y - 11, `11px ${font}`)
}

function drawNorth(context: CanvasRenderingContext2D, x: number, y: number, bearing: number, font: string): void {
  context.save()
  context.translate(x, y)
  context.fillStyle = 'rgb(255 255 255 / 82%)'
  context.fillRect(-17, -27, 34, 54)
  context.rotate((-bearing * Math.PI) / 180)
  context.fillStyle = INK
  context.beginPath()
  context.moveTo(0, -10)
  context.lineTo(8, 18)
  context.lineTo(0, 12)
  context.lineTo(-8, 18)
  context.fill()
  context.textAlign = 'center'
  write(context, 'N', 0, -18, `600 12px ${font}`)
  context.restore()
}

function drawLegend(context: CanvasRenderingContext2D, { legend, font }: Frame, left: number, top: number, rows: number): void {
  let row = 0
  const next = (): [x: number, y: number] => {
    const place: [number, number] = [left + Math.floor(row / rows) * LEGEND, top + (rows === Number.POSITIVE_INFINITY ? row : row % rows) * LINE + 10]
    row += 1
    return place
  }
  for (const { title, items } of legend) {
    const [only] = items
    const [x, y] = next()
    if (items.length === 1 && only) drawMark(context, only, x, y)
    write(context, title, items.length === 1 ? x + 26 : x, y, `${items.length === 1 ? '' : '600 '}12px ${font}`)
    if (items.length === 1) continue
    for (const item of items) {
      const [at, level] = next()
      drawMark(context, item, at + 10, level)
      write(context, item.label, at + 36, level, `12px ${font}`)
    }
  }
}

function drawMark(context: CanvasRenderingContext2D, { symbol, color, outline, dash }: LegendMark, x: number, y: number): void {
  context.save()
  context.fillStyle = color
  context.strokeStyle = symbol === 'line' ? color : (outline ?? 'rgb(0 0 0 / 35%)')
  context.setLineDash(dash?.map((part) => part * 2) ?? [])
  context.beginPath()
  if (symbol === 'line') {
    context.lineWidth = 2.4
    context.moveTo(x, y)
    context.lineTo(x + 18, y)
  } else if (symbol === 'fill') context.rect(x, y - 6, 18, 12)
  else context.arc(x + 9, y, 5, 0, 2 * Math.PI)
  if (symbol !== 'line') context.fill()
  context.stroke()
  context.restore()
}
