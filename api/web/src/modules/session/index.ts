export { default as SignInDialog } from './SignInDialog.vue'
export { useSession } from './useSession'
