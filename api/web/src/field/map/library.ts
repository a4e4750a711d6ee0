/**
 * The map library, without signal too.
 *
 * The page's service worker answers for what lies under `/field` and for what the page itself asks. A script that is
 * started as a worker is neither, so the page asks for it and hands it on.
 */
import { loadMapLibrary } from '@/map/loadMap'

let library: ReturnType<typeof loadMapLibrary> | undefined

export function loadLibraryOffline(): ReturnType<typeof loadMapLibrary> {
  library ??= load().catch((error: unknown) => {
    library = undefined
    throw error
  })
  return library
}

async function load(): ReturnType<typeof loadMapLibrary> {
  const loaded = await loadMapLibrary()
  const response = await fetch(loaded.workerUrl)
  if (!response.ok) throw new Error(`status ${response.status}`)
  const script = new Blob([await response.text()], { type: 'text/javascript' })
  loaded.setWorkerUrl(URL.createObjectURL(script))
  return loaded
}
