import { describe, expect, it } from 'vitest'
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

const chinese = textsIn('zh', zh)
const english = textsIn('en', en)

describe('texts', () => {
  it('have the same keys and the same placeholders in both languages', () => {
    expect([...english.keys()]).toEqual([...chinese.keys()])
    const placeholders = (text = ''): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort()
    for (const [key, text] of chinese) expect(placeholders(english.get(key)), key).toEqual(placeholders(text))
  })

  it('in English hold no Chinese', () => {
    expect([...english.values()].filter((text) => /[\u4e00-\u9fff]/.test(text))).toEqual([])
  })

  it('are all used, and every used one exists', () => {
    const files = import.meta.glob<string>('/src/**/*.{ts,vue}', { query: '?raw', import: 'default', eager: true })
    const source = Object.values(files).join('\n')
    for (const [, key] of source.matchAll(/\bt\('([\w.]+)'/g)) expect(chinese.has(key ?? ''), key).toBe(true)
    const composed = [...source.matchAll(/`([\w.]+\.)\$\{/g)].map(([, prefix]) => prefix ?? '')
    const unused = [...chinese.keys()].filter((key) => !source.includes(`'${key}'`) && !composed.some((prefix) => key.startsWith(prefix)))
    expect(unused).toEqual([])
  })
})
