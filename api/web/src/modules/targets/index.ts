export { notesOf } from './board'
export { default as TargetBoard } from './TargetBoard.vue'
export { useTargets } from './useTargets'
