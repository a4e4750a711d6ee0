/** Texts of coverage, also where another module shows a part of it. */
import { addTexts } from '@/i18n'
import en from './en.json'
import zh from './zh.json'

addTexts('coverage', { zh, en })
