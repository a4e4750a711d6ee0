/** What browsers give the outbox beyond the disk, each only where there is such a thing. */
export const LOCK = 'yzgeo-outbox'

/** Room below which the phone says that it is nearly full. */
const LITTLE_ROOM_BYTES = 20_000_000

/** Not while another page or the worker sends; a browser too old for locks has the service's patience with repeats. */
export async function alone(action: () => Promise<void>): Promise<void> {
  if (navigator.locks) await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? action() : undefined))
  else await action()
}

/** Whether full storage is near. */
export async function littleRoom(): Promise<boolean> {
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {}
  return quota > 0 && quota - usage < Math.min(LITTLE_ROOM_BYTES, 0.1 * quota)
}

interface Syncing {
  sync?: { register(tag: string): Promise<void> }
}

/** Ask the browser to send once there is signal, also when the page is closed; where it cannot, the page sends. */
export async function sendLater(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const registration: (ServiceWorkerRegistration & Syncing) | undefined = await navigator.serviceWorker.getRegistration()
  await registration?.sync?.register(LOCK).catch(() => undefined)
}
