export { MANY, useOpenCount } from './useOpenCount'
