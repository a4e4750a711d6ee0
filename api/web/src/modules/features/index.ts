import { defineAsyncComponent } from 'vue'

export { default as FeatureCard } from './FeatureCard.vue'
export { useFeature, type Candidate } from './useFeature'
/** Loaded when a table is opened. */
export const FeatureTable = defineAsyncComponent(() => import('./FeatureTable.vue'))
