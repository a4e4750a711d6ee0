/** Numbers as people read them, in either language. */
import type { Language } from './viewState'

const LOCALES = { zh: 'zh-CN', en: 'en-GB' } as const

export function formatNumber(value: number, language: Language, digits = 2): string {
  return new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: digits }).format(value)
}

export function formatShare(share: number, language: Language): string {
  return new Intl.NumberFormat(LOCALES[language], { style: 'percent', maximumFractionDigits: 1 }).format(share)
}

/** Metres below a kilometre, kilometres from there. */
export function formatLength(metres: number, language: Language): string {
  const [short, long] = language === 'zh' ? ['米', '公里'] : ['m', 'km']
  return metres < 1000 ? `${formatNumber(metres, language, 1)} ${short}` : `${formatNumber(metres / 1000, language, 3)} ${long}`
}

/** Square metres, then 万 square metres or hectares, then square kilometres: the units that each reader uses. */
export function formatArea(squareMetres: number, language: Language): string {
  if (squareMetres >= 1e6) return `${formatNumber(squareMetres / 1e6, language, 3)} ${language === 'zh' ? '平方公里' : 'km²'}`
  if (squareMetres < 1e4) return `${formatNumber(squareMetres, language, 1)} ${language === 'zh' ? '平方米' : 'm²'}`
  return `${formatNumber(squareMetres / 1e4, language, 2)} ${language === 'zh' ? '万平方米' : 'ha'}`
}

/** Glue a unit on: signs such as % stand close, words after a space. */
export function withUnit(text: string, unit: string): string {
  if (unit === '') return text
  return /^[%‰°]/.test(unit) ? `${text}${unit}` : `${text} ${unit}`
}
