export { default as MeasureButtons } from './MeasureButtons.vue'
export { default as MeasureReadout } from './MeasureReadout.vue'
export { useMeasure } from './useMeasure'
