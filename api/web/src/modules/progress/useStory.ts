/** The story of one feature, read when its card opens and after every entry. */
import { watch } from 'vue'
import { useLoad, type Load } from '@/shared/useLoad'
import { fetchStory, type Story } from './api'
import { useRecorded } from './recorded'

export interface Teller {
  layer: string
  uid: string
  /** Whoever signs in or out may do other things. */
  reader: string
}

export function useStory(place: () => Teller | null): Load<Story | null> {
  const load = useLoad<Story | null>(() => {
    const asked = place()
    return asked ? fetchStory(asked.layer, asked.uid) : Promise.resolve(null)
  })
  const key = (): string => (place() ? `${place()?.layer}/${place()?.uid}` : '')
  watch(
    key,
    (now) => {
      load.clear()
      if (now) void load.run()
    },
    { immediate: true },
  )
  // What stands there stays until the new answer is here.
  watch([() => place()?.reader, useRecorded()], () => {
    if (key()) void load.run()
  })
  return load
}
