import './texts'

export { namesOf, WEIGHTS, type HomeProperties, type Weight } from './answer'
export { fetchComparison, fetchRoute, uncoveredPath, type Circle, type Comparison, type Homes, type Parameters, type Route, type Run, type Share } from './api'
export { default as CircleChoice } from './CircleChoice.vue'
export { drawRun, type Mark } from './drawing'
export { default as RunState } from './RunState.vue'
export { useCoverage } from './useCoverage'
export { isGoing, useRun, type RunResult } from './useRun'
