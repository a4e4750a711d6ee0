import { defineAsyncComponent } from 'vue'

export { useSession } from './useSession'
/** Loaded when somebody signs in. */
export const SignInDialog = defineAsyncComponent(() => import('./SignInDialog.vue'))
