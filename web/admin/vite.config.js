import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'

// What changes seldom is apart from our own code, so that a build changes little in git
// and in the caches of browsers. What only some screens need stays out of it.
const vendor = /node_modules\/(?!marked|dompurify)/

// What sends the first requests needs nothing else, and is read first.
const first = /admin\/src\/(main|kept|api\/request|api\/session\.graphql)/

// preload names in the page what its script imports when it has begun: all is on its way at once.
const preload = {
  name: 'preload',
  transformIndexHtml: {
    order: 'post',
    handler(_, { bundle }) {
      const withImports = name => [...bundle[name].imports.flatMap(withImports), name]
      const begin = withImports(Object.values(bundle).find(file => file.isEntry).fileName)
      const needed = new Set(begin.flatMap(name => bundle[name].dynamicImports).flatMap(withImports))
      begin.forEach(name => needed.delete(name))
      const styles = new Set([...needed].flatMap(name => [...bundle[name].viteMetadata.importedCss]))
      const link = (rel, name) => ({ tag: 'link', attrs: { rel, crossorigin: true, href: `./${name}` }, injectTo: 'head' })
      return [...[...styles].map(name => link('stylesheet', name)), ...[...needed].map(name => link('modulepreload', name))]
    },
  },
}

// styled holds that each component has its styles, which are imported one by one: all of
// Mantine's are more than twice as many. Their classes are hashes.
const styled = {
  name: 'styled',
  generateBundle(_, bundle) {
    const files = Object.values(bundle)
    const scripts = files.map(file => file.code ?? '').join('\n')
    const styles = files.filter(file => file.fileName.endsWith('.css')).map(file => file.source).join('\n')
    const folder = join(import.meta.dirname, '../node_modules/@mantine/core/styles')
    for (const name of readdirSync(folder).filter(name => name.endsWith('.layer.css'))) {
      const hashes = readFileSync(join(folder, name), 'utf8').match(/\bm_[0-9a-f]+/g) ?? []
      if (hashes.some(hash => scripts.includes(hash) && !styles.includes(hash))) this.error(`A component is without styles: import @mantine/core/styles/${name} in src/styles.ts.`)
    }
  },
}

export default {
  root: import.meta.dirname,
  base: './', // works under any prefix of a proxy
  plugins: [react(), preload, styled],
  build: {
    write: false, // build.js packs the files
    target: 'es2022',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        hashCharacters: 'hex', // and a letter before it: the server takes no number for a hash
        entryFileNames: 'assets/[name]-x[hash:10].js',
        chunkFileNames: 'assets/[name]-x[hash:10].js',
        assetFileNames: 'assets/[name]-x[hash:10][extname]',
        codeSplitting: { groups: [{ name: 'first', test: first, priority: 1 }, { name: 'vendor', test: vendor }, { name: 'shared', test: /admin\/src/, minShareCount: 2 }] },
      },
    },
  },
  logLevel: 'warn',
}
