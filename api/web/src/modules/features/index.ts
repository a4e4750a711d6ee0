export { default as FeatureCard } from './FeatureCard.vue'
export { default as FeatureTable } from './FeatureTable.vue'
export { useFeature, type Candidate } from './useFeature'
