export { default as FeatureCard } from './FeatureCard.vue'
export { useFeature, type Candidate } from './useFeature'
