/** Looking at the district on another day; the bar and the curtain load once the map stands. */
import { defineAsyncComponent } from 'vue'

export { styleOnDay } from './tilesOnDay'
export { usePeriod } from './usePeriod'
export { useStageCounts } from './useStageCounts'
export const CurtainMap = defineAsyncComponent(() => import('./CurtainMap.vue'))
export const TimeBar = defineAsyncComponent(() => import('./TimeBar.vue'))
