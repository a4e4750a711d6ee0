import { describe, expect, it } from 'vitest'
import type { FieldSpec, Stage } from '@/client'
import { factsOf, formatValue, reachedBy, statusOf, titleOf, trackOf, type Words } from '@/modules/features/card'
import { layer } from '../../samples'

const words: Words = { yes: '是', no: '否', unit: (id) => ({ m2: '平方米', percent: '%' })[id] ?? id }

function field(id: string, change: Partial<FieldSpec> = {}): FieldSpec {
  return { id, title: { zh: id, en: id }, type: 'text', unit: null, description: null, values: [], ...change }
}

describe('values', () => {
  const after = field('after_use', { values: [{ id: 'green', label: { zh: '城市绿化', en: 'Green space' } }] })

  it.each([
    [field('area_m2', { type: 'number', unit: 'm2' }), 7356.25, '7,356.25 平方米'],
    [field('progress_percent', { type: 'number', unit: 'percent' }), 40, '40%'],
    [field('built_year', { type: 'integer' }), 1986, '1986'],
    [field('elevator', { type: 'boolean' }), false, '否'],
    [field('open_from', { type: 'date' }), '2023-05-01', '2023-05-01'],
    [after, 'green', '城市绿化'],
    [after, 'unheard', 'unheard'],
    [field('note'), '', null],
    [field('note'), null, null],
  ])('%o of %o', (spec, value, text) => {
    expect(formatValue(spec, value, 'zh', words)).toBe(text)
  })

  it('of codes follow the language', () => {
    expect(formatValue(after, 'green', 'en', words)).toBe('Green space')
  })
})

describe('the card', () => {
  const compound = layer('old_compound', { fields: [field('code'), field('name'), field('stage'), field('subdistrict'), field('households')] })

  it('lists fields in order, without those shown elsewhere or not open', () => {
    const facts = factsOf(compound, { code: 'LX-01', name: '光荣小区', stage: 'planned', subdistrict: '211202001' }, 'zh', words)
    expect(facts.map(({ id }) => id)).toEqual(['subdistrict'])
  })

  it('is headed by the name, else by the code', () => {
    expect(titleOf(compound, { code: 'LX-01', name: '光荣小区' })).toBe('光荣小区')
    expect(titleOf(compound, { code: 'LX-01', name: null })).toBe('LX-01')
  })

  it('knows only the four data statuses', () => {
    expect(statusOf({ data_status: 'illustrative' })).toBe('illustrative')
    expect(statusOf({ data_status: 'guess' })).toBeNull()
  })
})

describe('the stage track', () => {
  const stage = (id: string, aside = false): Stage => ({ id, label: { zh: id, en: id }, done: false, aside })
  const stages = [stage('planned'), stage('construction'), stage('completed'), stage('suspended', true)]
  const places = (current: string | null) => trackOf(stages, current).map(({ stage: { id }, place }) => `${id}:${place}`)

  it('marks what is passed, current and ahead', () => {
    expect(places('construction')).toEqual(['planned:passed', 'construction:current', 'completed:ahead'])
  })

  it('puts a suspended feature beside the course', () => {
    expect(places('suspended')).toEqual(['planned:ahead', 'construction:ahead', 'completed:ahead', 'suspended:current'])
  })

  it('claims nothing for an unknown stage', () => {
    expect(places(null)).toEqual(['planned:ahead', 'construction:ahead', 'completed:ahead'])
  })

  it('dates each stage by the last time it was reached, on a day by what had happened until then', () => {
    const track = [
      { stage: 'planned', on: null, actor: null },
      { stage: 'construction', on: '2022-03-01', actor: 'lin' },
      { stage: 'planned', on: '2022-05-01', actor: 'wang' },
      { stage: 'construction', on: '2023-02-01', actor: 'zhao' },
    ]
    expect(reachedBy(track, null).get('construction')).toEqual({ stage: 'construction', on: '2023-02-01', actor: 'zhao' })
    const then = reachedBy(track, '2022-04-01')
    expect(then.get('construction')?.actor).toBe('lin')
    expect(then.get('planned')?.on).toBeNull()
  })
})
