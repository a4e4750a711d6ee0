import { describe, expect, it } from 'vitest'
import coverageEn from '@/modules/coverage/texts/en.json'
import coverageZh from '@/modules/coverage/texts/zh.json'
import scenariosEn from '@/modules/scenarios/texts/en.json'
import scenariosZh from '@/modules/scenarios/texts/zh.json'

type Texts = { [key: string]: string | Texts }

function keysOf(texts: Texts, prefix = ''): string[] {
  return Object.entries(texts).flatMap(([key, value]) => (typeof value === 'string' ? [`${prefix}${key}`] : keysOf(value, `${prefix}${key}.`)))
}

function holesOf(texts: Texts): string[] {
  return Object.values(texts).flatMap((value) => (typeof value === 'string' ? [(value.match(/\{\w+\}/g) ?? []).sort().join()] : holesOf(value)))
}

describe.each([
  ['coverage', coverageZh, coverageEn],
  ['scenarios', scenariosZh, scenariosEn],
])('texts of %s', (_name, zh, en) => {
  it('exist in both languages with the same blanks', () => {
    expect(keysOf(en)).toEqual(keysOf(zh))
    expect(holesOf(en)).toEqual(holesOf(zh))
  })

  it('are Chinese where they should be', () => {
    expect(JSON.stringify(Object.values(en))).not.toMatch(/[\u4e00-\u9fff]/)
  })
})
