/**
 * The one reactive view state, kept equal to the address bar.
 *
 * A choice (layer, feature, tab, language) is a step that the back button undoes; moving the map only rewrites the
 * current step, or every drag would have to be undone one by one.
 */
import { reactive, readonly, type DeepReadonly } from 'vue'
import { formatView, parseView, type MapPosition, type ViewState } from './viewState'

const view = reactive<ViewState>(parseView(window.location.search))
const listeners = new Set<() => void>()

window.addEventListener('popstate', () => {
  Object.assign(view, parseView(window.location.search))
  for (const listener of listeners) listener()
})

export function useView(): DeepReadonly<ViewState> {
  return readonly(view)
}

/** Take a step that the back button undoes. */
export function changeView(change: Partial<ViewState>): void {
  Object.assign(view, change)
  const address = window.location.pathname + formatView(view)
  if (address !== window.location.pathname + window.location.search) window.history.pushState(null, '', address)
}

/** Look at something on the way, without a step: a slider that is being dragged, days that are played. */
export function previewView(change: Partial<ViewState>): void {
  Object.assign(view, change)
}

/** Note where the map is, without a new step. */
export function notePosition(position: MapPosition): void {
  view.position = position
  window.history.replaceState(null, '', window.location.pathname + formatView(view))
}

/** Be told when the back or forward button restored another view. */
export function onViewRestored(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
