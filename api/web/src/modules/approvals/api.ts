/** Moves that wait for a second person. */
import { ask, type Answer } from '@/client'

export type Waiting = Answer<'/api/approvals'>['waiting'][number]

export async function fetchWaiting(): Promise<Waiting[]> {
  const { waiting } = await ask<Answer<'/api/approvals'>>('/api/approvals', { cache: 'no-cache' })
  return waiting
}
