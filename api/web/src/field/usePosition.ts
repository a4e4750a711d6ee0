/** Where the phone is, as long as the page is open and the person allows it. */
import { shallowRef } from 'vue'
import type { Fix } from './types'

const fix = shallowRef<Fix>()
const refused = shallowRef(false)
let watching = false

export function usePosition() {
  if (!watching && 'geolocation' in navigator) {
    watching = true
    navigator.geolocation.watchPosition(
      ({ coords }) => {
        fix.value = { lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy }
        refused.value = false
      },
      ({ code, PERMISSION_DENIED }) => (refused.value = code === PERMISSION_DENIED),
      { enableHighAccuracy: true, maximumAge: 10_000 },
    )
  }
  return { fix, refused }
}
