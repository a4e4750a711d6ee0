import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import { defineConfig } from 'vitest/config'

const server = process.env.YZGEO_SERVER ?? 'http://127.0.0.1:8000'

/** Let the browser fetch and compile the map library while the page's own script still runs. */
function preloadMap(): Plugin {
  return {
    name: 'preload-map',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle, path }) =>
        Object.keys(path === '/index.html' ? (bundle ?? {}) : {})
          .filter((name) => /\/maplibre-[\w-]+\.js$/.test(name) && !name.includes('worker'))
          .map((name) => ({ tag: 'link', attrs: { rel: 'modulepreload', href: `/${name}` }, injectTo: 'head' as const })),
    },
  }
}

/** What the phone page is made of, told to the worker that keeps it for the time without signal. */
function fieldWorker(): Plugin[] {
  const parts = new Set(['field.html', 'field.webmanifest', 'field-192.png', 'field-512.png', 'favicon.svg'])
  const collect: Plugin = {
    name: 'collect-field',
    generateBundle(_options, bundle) {
      const follow = (name: string) => {
        const chunk = bundle[name]
        if (parts.has(name) || chunk?.type !== 'chunk') return
        parts.add(name)
        for (const style of chunk.viteMetadata?.importedCss ?? []) parts.add(style)
        // A worker is a file that its chunk only names.
        for (const other of Object.values(bundle)) {
          if (other.type === 'asset' && other.fileName.endsWith('.js') && chunk.code.includes(other.fileName)) parts.add(other.fileName)
        }
        for (const each of [...chunk.imports, ...chunk.dynamicImports]) follow(each)
      }
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === 'chunk' && chunk.isEntry && chunk.facadeModuleId?.endsWith('/field.html')) follow(chunk.fileName)
      }
    },
  }
  return [
    collect,
    ...VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/field',
      filename: 'field-sw.ts',
      outDir: 'dist',
      injectRegister: false,
      manifest: false,
      scope: '/field',
      registerType: 'autoUpdate',
      injectManifest: {
        globPatterns: ['**/*.{html,js,css,png,svg,webmanifest}'],
        maximumFileSizeToCacheInBytes: 5_000_000,
        manifestTransforms: [(entries) => ({ manifest: entries.filter(({ url }) => parts.has(url)) })],
      },
    }),
  ]
}

export default defineConfig({
  plugins: [vue(), preloadMap(), ...fieldWorker()],
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
    rolldownOptions: { input: ['index.html', 'field.html'] },
    target: 'es2022',
    // MapLibre alone is about 1 MB; it is a chunk of its own, loaded beside the data it draws.
    chunkSizeWarningLimit: 1500,
  },
  server: {
    proxy: Object.fromEntries(['/-', '/api', '/ogc', '/maps'].map((path) => [path, { target: server }])),
  },
  test: { include: ['tests/unit/**/*.test.ts'], environment: 'node' },
})
