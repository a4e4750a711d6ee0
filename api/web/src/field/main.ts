import { createApp } from 'vue'
import { createI18n } from 'vue-i18n'
import FieldApp from './FieldApp.vue'
import './field.css'
import en from './texts/en.json'
import zh from './texts/zh.json'

const locale = localStorage.getItem('yzgeo-field-language') ?? (navigator.language.startsWith('en') ? 'en' : 'zh')
const texts = createI18n({ legacy: false, locale, fallbackLocale: 'zh', messages: { zh, en } })
document.documentElement.lang = locale === 'en' ? 'en' : 'zh-CN'

// Without a worker the page still records; it only cannot be opened offline, which the page says.
if ('serviceWorker' in navigator && import.meta.env.PROD) void navigator.serviceWorker.register('/field-sw.js', { scope: '/field' }).catch(() => undefined)

createApp(FieldApp).use(texts).mount('#app')
