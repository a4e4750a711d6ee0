/** Where the person stands, if they say so; browsers tell it only to pages that came over https or from this machine. */
import { computed, ref, shallowRef } from 'vue'
import { useTexts } from '@/i18n'
import type { EventSent } from './api'

const PATIENCE_MS = 10_000

export function useWhere() {
  const { t } = useTexts()
  const wanted = ref(false)
  const state = ref<'none' | 'found' | 'missing'>('none')
  const place = shallowRef<EventSent['place']>(null)

  function want(next: boolean): void {
    wanted.value = next
    place.value = null
    state.value = 'none'
    if (!next) return
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        if (!wanted.value) return
        place.value = { lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy }
        state.value = 'found'
      },
      () => (state.value = 'missing'),
      { enableHighAccuracy: true, timeout: PATIENCE_MS },
    )
  }

  const told = computed(() => {
    if (state.value === 'found') return t('progress.form.placeFound', { metres: Math.round(place.value?.accuracy_m ?? 0) })
    return state.value === 'missing' ? t('progress.form.placeMissing') : ''
  })

  return { possible: window.isSecureContext && 'geolocation' in navigator, wanted, place, want, told }
}
