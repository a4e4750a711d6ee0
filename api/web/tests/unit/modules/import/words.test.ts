import { describe, expect, it } from 'vitest'
import type { Drawn, ImportIssue } from '@/modules/import/types'
import { changed, claimedTwice, columnRows, formatBytes, needsDatum, partsMissing, placeOf, readPoints, shareDone, unitName, unitsOf, whyRefused } from '@/modules/import/words'
import { anImport, aPreview, judgement } from './samples'

describe('columns of the file', () => {
  const report = judgement({
    columns: { 编号: 'code', 面积: null },
    column_candidates: [{ column: '面积', field: 'area_m2', score: 0.7, verdict: 'ask', evidence: ['名称相似'], evidence_en: ['the name is alike'], alternatives: [] }],
  })
  const preview = aPreview({ samples: { 编号: ['PH-01', null, 'PH-02', 'PH-03', 'PH-04'], 面积: [12.5], 备注: [] } })

  it('come with three samples, what they are taken for, and the proposal', () => {
    const rows = columnRows(report, preview, {}, {})
    expect(rows.map(({ column, samples, field, decided }) => [column, samples, field, decided])).toEqual([
      ['编号', ['PH-01', 'PH-02', 'PH-03'], 'code', false],
      ['面积', ['12.5'], null, false],
      ['备注', [], null, false],
    ])
    expect(rows[1]?.candidate?.field).toBe('area_m2')
  })

  it('follow what a person said, and what they say now before that', () => {
    const rows = columnRows(report, preview, { 面积: 'area_m2', 编号: '' }, { 面积: 'households' })
    expect(rows.map(({ field, decided }) => [field, decided])).toEqual([['', true], ['households', true], [null, false]])
  })

  it('may not claim one field twice', () => {
    expect([...claimedTwice(columnRows(report, preview, { 面积: 'code' }, {}))]).toEqual(['code'])
    expect(claimedTwice(columnRows(report, preview, { 面积: '', 备注: '' }, {})).size).toBe(0)
  })
})

describe('the unit of a column', () => {
  const unit = { column: '面积', field: 'area_m2', unit: '亩', to: 'm2', by: 'head' as const, options: [{ id: 'm2', title: { zh: '平方米', en: 'm²' } }], samples: [{ before: '15', after: 10000 }] }

  it('is told while the column goes to the field that was judged', () => {
    const report = judgement({ columns: { 面积: 'area_m2' }, units: [unit] })
    expect(unitsOf(report, { column: '面积', field: 'area_m2' })).toEqual([unit])
    expect(unitsOf(report, { column: '面积', field: 'households' })).toEqual([])
    expect(unitsOf(judgement(), { column: '面积', field: 'area_m2' })).toEqual([])
  })

  it('has a name in both languages, or its own', () => {
    expect([unitName(unit, 'm2', 'zh'), unitName(unit, 'm2', 'en'), unitName(unit, 'mm', 'en')]).toEqual(['平方米', 'm²', 'mm'])
  })
})

describe('control points', () => {
  it('are read as copied from a table, with or without names', () => {
    const { points, bad } = readPoints('K1\t41572743.0624\t4685570.4022\t572837.9185\t4685527.7224\n\n1.5, 2，3 ；4\n')
    expect(bad).toEqual([])
    expect(points).toEqual([
      { name: 'K1', source: [41572743.0624, 4685570.4022], target: [572837.9185, 4685527.7224] },
      { source: [1.5, 2], target: [3, 4] },
    ])
  })

  it('name the lines that are not four numbers', () => {
    expect(readPoints('点名 旧东 旧北 新东 新北\n1 2 3\n1 2 3 4').bad).toEqual([1, 2])
  })
})

describe('the choices to judge again by', () => {
  it('are those that differ from what was decided', () => {
    const one = anImport()
    expect(changed(one, { mode: 'upsert', keep_valid: false, columns: {} })).toEqual({})
    expect(changed(one, { crs: 'EPSG:4550', mode: 'replace', columns: { 编号: 'code' } })).toEqual({ crs: 'EPSG:4550', mode: 'replace', columns: { 编号: 'code' } })
  })
})

describe('where an issue lies', () => {
  const at = (row: number, code: string): Drawn => ({ type: 'Feature', geometry: { type: 'Point', coordinates: [row, 0] }, properties: { row, code, message: { zh: `第${row}` } } })
  const problems = { type: 'FeatureCollection' as const, features: [at(1, 'overlap'), at(3, 'shape_repaired'), at(4, 'shape_repaired')] }
  const issue = (change: Partial<ImportIssue>): ImportIssue => ({ level: 'warning', code: 'shape_repaired', where: '', message: '', message_en: '', ...change })

  it('is found by its row', () => {
    expect(placeOf(issue({ where: '第 4 行' }), problems)?.properties.row).toBe(4)
  })

  it('is found by its words', () => {
    expect(placeOf(issue({ where: 'PH-01', message: '第3' }), problems)?.properties.row).toBe(3)
  })

  it('is nowhere if another kind of issue lies on the row', () => {
    expect(placeOf(issue({ where: '第 1 行' }), problems)).toBeNull()
    expect(placeOf(issue({ where: '文件' }), undefined)).toBeNull()
  })
})

describe('why an import is refused', () => {
  it('is the sentence of the service and what to do', () => {
    const problem = { detail: '打不开。', detail_en: 'No.', remedy: '请重新打包。', remedy_en: 'Pack again.' }
    expect(whyRefused(anImport({ problem, report: null }), 'zh')).toEqual(['打不开。', '请重新打包。'])
    expect(whyRefused(anImport({ problem, report: null }), 'en')).toEqual(['No.', 'Pack again.'])
  })

  it('is otherwise the errors found, each said once', () => {
    const error = { level: 'error' as const, code: 'x', where: '', message: '缺编号', message_en: 'no code' }
    const report = judgement({ issues: [{ ...error, level: 'info', message: '说明' }, error, error] })
    expect(whyRefused(anImport({ report }), 'zh')).toEqual(['缺编号'])
  })
})

describe('parameters of an old datum', () => {
  it('are wanted where they are asked for, were given, or the chosen system needs them', () => {
    const candidate = { id: 'EPSG:2417', title: { zh: '', en: '' }, score: 1, evidence: [], evidence_en: [], same_as: [], needs_parameters: true, bounds: [] }
    expect(needsDatum(anImport())).toBe(false)
    expect(needsDatum(anImport({ questions: ['datum'] }))).toBe(true)
    expect(needsDatum(anImport({ report: judgement({ crs: { chosen: 'EPSG:2417', candidates: [candidate] } }) }))).toBe(true)
    expect(needsDatum(anImport({ report: judgement({ crs: { chosen: 'EPSG:4529', candidates: [candidate] } }) }))).toBe(false)
  })
})

describe('small things', () => {
  it('names the members that a Shapefile lacks', () => {
    expect(partsMissing(['地块.SHP', '地块.dbf'])).toEqual(['地块.shx'])
    expect(partsMissing(['a.zip'])).toEqual([])
  })

  it('tells sizes and shares', () => {
    expect([formatBytes(999, 'en'), formatBytes(1500, 'en'), formatBytes(2.5e6, 'zh')]).toEqual(['999 B', '1.5 kB', '2.5 MB'])
    expect(shareDone({ progress: { done: 3, total: 4, step: '', step_en: '' } })).toBe(0.75)
    expect(shareDone({ progress: { done: 0, total: 0, step: '', step_en: '' } })).toBe(0)
  })
})
