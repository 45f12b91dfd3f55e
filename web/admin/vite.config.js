import react from '@vitejs/plugin-react'

// What changes seldom is apart from our own code, so that a build changes little in git
// and in the caches of browsers. What only some screens need stays out of it.
const vendor = /node_modules\/(?!marked|dompurify)/

export default {
  root: import.meta.dirname,
  base: './', // works under any prefix of a proxy
  plugins: [react()],
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
        codeSplitting: { groups: [{ name: 'vendor', test: vendor }] },
      },
    },
  },
  logLevel: 'warn',
}
