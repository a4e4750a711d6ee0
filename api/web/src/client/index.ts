export * from './api'
export * from './problem'
export type * from './types'
