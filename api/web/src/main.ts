import { createApp } from 'vue'
import App from './App.vue'
import { createTexts } from './i18n'
import { loadMapLibrary } from './map'
import './shared/styles/base.css'
import { useView } from './shared/useView'

void loadMapLibrary()
createApp(App).use(createTexts(useView().language)).mount('#app')
