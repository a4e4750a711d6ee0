/** Texts of the desk, added when it is first opened. */
import { addTexts } from '@/i18n'
import en from './texts/en.json'
import zh from './texts/zh.json'

addTexts('import', { zh, en })
