/** What is being measured: the kind, the points so far, and the figures. */
import { computed, ref, shallowRef } from 'vue'
import type { Position2 } from '@/client'
import { geodesicArea, geodesicLength } from './geodesic'

export type MeasureKind = 'distance' | 'area'

const kind = ref<MeasureKind | null>(null)
const points = shallowRef<readonly Position2[]>([])

const sketch = computed(() => (kind.value ? { kind: kind.value, points: points.value } : null))
const result = computed(() => {
  if (kind.value === 'distance') return points.value.length > 1 ? { length: geodesicLength(points.value) } : null
  return points.value.length > 2 ? geodesicArea(points.value) : null
})

function start(next: MeasureKind): void {
  kind.value = kind.value === next ? null : next
  points.value = []
}

function stop(): void {
  kind.value = null
  points.value = []
}

export function useMeasure() {
  return {
    kind,
    points,
    sketch,
    result,
    start,
    stop,
    add: (point: Position2) => (points.value = [...points.value, point]),
    undo: () => (points.value = points.value.slice(0, -1)),
  }
}
