/** The map library is half of the page's weight: fetched once, at once, beside the catalogue and the style. */
let library: Promise<typeof import('./maplibre')> | undefined

export function loadMapLibrary(): Promise<typeof import('./maplibre')> {
  library ??= import('./maplibre')
  return library
}
