import { addTexts } from '@/i18n'
import en from './en.json'
import zh from './zh.json'

addTexts('conflicts', { zh, en })
