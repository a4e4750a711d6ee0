/** Everything of MapLibre that the page uses, in one chunk that loads beside the data it draws. */
import { Map as MapLibreMap, ScaleControl, setWorkerUrl } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import 'maplibre-gl/dist/maplibre-gl.css'

setWorkerUrl(workerUrl)

export { MapLibreMap, ScaleControl, setWorkerUrl, workerUrl }
