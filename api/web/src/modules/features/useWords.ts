/** Units, yes and no in the reader's language. */
import { useTexts } from '@/i18n'
import type { Words } from './card'

export function useWords(): Words {
  const { t, te } = useTexts()
  return {
    get yes() {
      return t('feature.yes')
    },
    get no() {
      return t('feature.no')
    },
    unit: (id) => (te(`unit.${id}`) ? t(`unit.${id}`) : id),
  }
}
