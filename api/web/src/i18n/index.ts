/** Texts of the page; Chinese is the source, English has the same keys (a test compares them). */
import { createI18n, useI18n } from 'vue-i18n'
import type { Label } from '@/client'
import type { Language } from '@/shared/viewState'
import en from './en.json'
import zh from './zh.json'

const texts = createI18n({ legacy: false, locale: 'zh', fallbackLocale: 'zh', messages: { zh, en } })

type Messages = Parameters<typeof texts.global.mergeLocaleMessage>[1]

export function createTexts(language: Language) {
  texts.global.locale.value = language
  return texts
}

/** Add the texts of a module that is loaded when it is first opened; its keys begin with the module's name. */
export function addTexts(module: string, messages: Record<Language, Messages>): void {
  for (const language of ['zh', 'en'] as const) {
    texts.global.mergeLocaleMessage(language, { [module]: messages[language] })
  }
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
