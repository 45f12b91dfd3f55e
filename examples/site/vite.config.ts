import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// In development the API is a server beside Vite's.
const api = { target: process.env.GRAPNEL_URL ?? 'http://127.0.0.1:8080', ws: true }

export default defineConfig({
  plugins: [react()],
  server: { proxy: { '/graphql': api, '/files': api } },
})
