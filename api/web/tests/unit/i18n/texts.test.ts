import { describe, expect, it } from 'vitest'
import mapEn from '@/field/map/texts/en.json'
import mapZh from '@/field/map/texts/zh.json'
import fieldEn from '@/field/texts/en.json'
import fieldZh from '@/field/texts/zh.json'
import en from '@/i18n/en.json'
import zh from '@/i18n/zh.json'

type Tree = { [key: string]: string | Tree }

function flatten(tree: Tree, prefix = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') found.set(prefix + key, value)
    else for (const [inner, text] of flatten(value, `${prefix}${key}.`)) found.set(inner, text)
  }
  return found
}

const modules = import.meta.glob<Tree>('/src/modules/*/texts/*.json', { import: 'default', eager: true })

/** Texts of the frame, and those that modules bring along under their own names. */
function textsIn(language: 'zh' | 'en', frame: Tree): Map<string, string> {
  const all = flatten(frame)
  for (const [path, tree] of Object.entries(modules)) {
    const [, module, of] = /modules\/(\w+)\/texts\/(\w+)\.json$/.exec(path) ?? []
    if (of === language) for (const [key, text] of flatten(tree, `${module}.`)) all.set(key, text)
  }
  return all
}

const sources = import.meta.glob<string>('/src/**/*.{ts,vue}', { query: '?raw', import: 'default', eager: true })

/** All the code of one page: the one for the field stands apart. */
function codeOf(field: boolean): string {
  const own = Object.entries(sources).filter(([path]) => path.startsWith('/src/field/') === field)
  return own.map(([, code]) => code).join('\n')
}

describe.each([
  { page: 'the map', chinese: textsIn('zh', zh), english: textsIn('en', en), source: codeOf(false) },
  { page: 'the field', chinese: flatten({ ...fieldZh, onMap: mapZh }), english: flatten({ ...fieldEn, onMap: mapEn }), source: codeOf(true) },
])('texts of $page', ({ chinese, english, source }) => {
  it('have the same keys and the same placeholders in both languages', () => {
    expect([...english.keys()]).toEqual([...chinese.keys()])
    const placeholders = (text = ''): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort()
    for (const [key, text] of chinese) expect(placeholders(english.get(key)), key).toEqual(placeholders(text))
  })

  it('in English hold no Chinese', () => {
    expect([...english.values()].filter((text) => /[\u4e00-\u9fff]/.test(text))).toEqual([])
  })

  it('are all used, and every used one exists', () => {
    for (const [, key] of source.matchAll(/\bt\('([\w.]+)'/g)) expect(chinese.has(key ?? ''), key).toBe(true)
    const composed = [...source.matchAll(/`([\w.]+\.)\$\{/g)].map(([, prefix]) => prefix ?? '')
    const unused = [...chinese.keys()].filter((key) => !source.includes(`'${key}'`) && !composed.some((prefix) => key.startsWith(prefix)))
    expect(unused).toEqual([])
  })
})
