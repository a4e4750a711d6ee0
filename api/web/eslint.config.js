import { defineConfigWithVueTs, vueTsConfigs } from '@vue/eslint-config-typescript'
import importX from 'eslint-plugin-import-x'
import vue from 'eslint-plugin-vue'

const concepts = ['layers', 'targets', 'search', 'features', 'session', 'measure', 'progress', 'approvals', 'time', 'ledger']

/** A module may use another one only through its index.ts; shared, client, map and i18n know no module. */
const boundaries = [
  {
    files: ['src/modules/**/*.{ts,vue}', 'src/App.vue'],
    rules: {
      'no-restricted-imports': ['error', {
        patterns: [{
          group: concepts.map((concept) => `@/modules/${concept}/*`),
          message: 'Import another module through its index.ts.',
        }],
      }],
    },
  },
  {
    files: ['src/{shared,client,map,i18n}/**/*.{ts,vue}'],
    rules: {
      'no-restricted-imports': ['error', {
        patterns: [{ group: ['@/modules/*'], message: 'Shared code, the client and the map know no module.' }],
      }],
    },
  },
]

export default defineConfigWithVueTs(
  { ignores: ['dist/**', 'node_modules/**', 'src/client/schema.d.ts', 'test-results/**', 'playwright-report/**'] },
  vue.configs['flat/recommended'],
  vueTsConfigs.strict,
  {
    files: ['**/*.{ts,vue}'],
    plugins: { 'import-x': importX },
    rules: {
      'import-x/no-duplicates': 'error',
      'import-x/order': ['error', { alphabetize: { order: 'asc' }, 'newlines-between': 'never', groups: [['builtin', 'external'], 'internal', ['parent', 'sibling', 'index']], pathGroups: [{ pattern: '@/**', group: 'internal' }], pathGroupsExcludedImportTypes: [] }],
      'no-console': 'error',
      eqeqeq: 'error',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/no-bare-strings-in-template': ['error', { allowlist: ['中', 'EN', 'GeoJSON', '·', '…', '/', '×', '%', '—', ':', '(', ')', ',', '.', '°'] }],
      'vue/max-lines-per-block': ['error', { template: 140, script: 180, style: 120, skipBlankLines: true }],
      'vue/multi-word-component-names': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/html-indent': 'off',
      'vue/attributes-order': 'off',
      'vue/require-default-prop': 'off',
      'max-lines': ['error', { max: 250 }],
      complexity: ['error', 12],
    },
  },
  ...boundaries,
)
