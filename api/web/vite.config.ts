import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const server = process.env.YZGEO_SERVER ?? 'http://127.0.0.1:8000'

/** Let the browser fetch and compile the map library while the page's own script still runs. */
function preloadMap(): Plugin {
  return {
    name: 'preload-map',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((name) => /\/maplibre-[\w-]+\.js$/.test(name) && !name.includes('worker'))
          .map((name) => ({ tag: 'link', attrs: { rel: 'modulepreload', href: `/${name}` }, injectTo: 'head' as const })),
    },
  }
}

export default defineConfig({
  plugins: [vue(), preloadMap()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // MapLibre alone is about 1 MB; it is a chunk of its own, loaded beside the data it draws.
    chunkSizeWarningLimit: 1500,
  },
  server: {
    proxy: Object.fromEntries(['/-', '/api', '/ogc', '/maps'].map((path) => [path, { target: server }])),
  },
  test: { include: ['tests/unit/**/*.test.ts'], environment: 'node' },
})
