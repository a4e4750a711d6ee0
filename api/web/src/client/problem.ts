/** Why an answer is missing: the server did not answer, or it refused and said why. */
import type { Problem } from './types'

export class OfflineError extends Error {
  override readonly name = 'OfflineError'

  constructor(options?: ErrorOptions) {
    super('the server does not answer', options)
  }
}

export class RefusedError extends Error {
  override readonly name = 'RefusedError'

  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail_en ?? problem.title ?? `refused with status ${status}`)
  }
}

export type Trouble = 'offline' | 'forbidden' | 'missing' | 'failed'

/** Sort an error into the few cases that the page has words for. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof OfflineError) return 'offline'
  if (error instanceof RefusedError) {
    if (error.status === 401 || error.status === 403) return 'forbidden'
    if (error.status === 404) return 'missing'
  }
  return 'failed'
}

/** The server's own sentence in the reader's language, where it gave one. */
export function sentenceOf(error: unknown, language: 'zh' | 'en'): string {
  if (!(error instanceof RefusedError)) return ''
  const { detail, detail_en, remedy, remedy_en } = error.problem
  const parts = language === 'zh' ? [detail, remedy] : [detail_en, remedy_en]
  return parts.filter(Boolean).join(language === 'zh' ? '' : ' ')
}
