/** The board, read once and again whenever the reader's rights change. */
import { fetchTargets } from '@/client'
import { useLoad } from '@/shared/useLoad'

const load = useLoad(fetchTargets)

export function useTargets() {
  return { board: load.value, error: load.error, slow: load.slow, reload: load.run }
}
