import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// While developing, the service of the demo answers everything but the page itself.
const service = process.env.SERVICE ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [react()],
  build: { sourcemap: true },
  server: { proxy: { '/api': service, '/reports': service } },
})
