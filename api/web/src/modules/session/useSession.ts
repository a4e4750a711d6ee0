/** Who is signed in; a session lives in a cookie that scripts cannot read. */
import { computed, shallowRef } from 'vue'
import { fetchAccount, signIn, signOut, type Account } from '@/client'
import { connectionLost } from '@/shared/useConnection'

const ANONYMOUS: Account = { name: null, role: 'anonymous', subdistricts: [] }

const account = shallowRef<Account>(ANONYMOUS)
const anonymous = computed(() => account.value.role === 'anonymous')

async function refresh(): Promise<void> {
  try {
    account.value = await fetchAccount()
  } catch (error) {
    connectionLost(error)
    account.value = ANONYMOUS
  }
}

export function useSession() {
  return {
    account,
    anonymous,
    refresh,
    signIn: async (name: string, password: string) => {
      await signIn({ name, password })
      await refresh()
    },
    signOut: async () => {
      await signOut()
      await refresh()
    },
  }
}
