import { defineAsyncComponent } from 'vue'

export { isDrawn } from './choice'
export { isIllustrative } from './tree'
export { useCatalogue } from './useCatalogue'
export { useChoice } from './useChoice'
/** Loaded once the map stands. */
export const LayerPanel = defineAsyncComponent(() => import('./LayerPanel.vue'))
