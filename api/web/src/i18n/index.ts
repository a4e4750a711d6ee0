/** Texts of the page; Chinese is the source, English has the same keys (a test compares them). */
import { createI18n, useI18n } from 'vue-i18n'
import type { Label } from '@/client'
import type { Language } from '@/shared/viewState'
import en from './en.json'
import zh from './zh.json'

export function createTexts(language: Language) {
  return createI18n({ legacy: false, locale: language, fallbackLocale: 'zh', messages: { zh, en } })
}

/** Reader's language, and the catalogue's labels in it. */
export function useTexts() {
  const { t, te, locale } = useI18n()
  const label = (text: Label | string | null | undefined): string => labelIn(text, locale.value as Language)
  return { t, te, locale, label }
}

export function labelIn(text: Label | string | null | undefined, language: Language): string {
  if (text === null || text === undefined) return ''
  return typeof text === 'string' ? text : text[language]
}
