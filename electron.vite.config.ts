import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

/**
 * Three builds, three environments. The node agent is a second entry of the main build: Electron runs it in a process of its own. Its worker threads
 * are entries too, and lie beside it.
 */
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      // A packaged app has no node_modules but those with machine code: everything else is in the bundle.
      externalizeDeps: false,
      rolldownOptions: {
        external: ['classic-level', 'koffi'],
        input: {
          index: 'main/index.ts',
          agent: 'node-agent/utility.ts',
          'encode-worker': 'node-agent/delta/encode-worker.ts',
          'hash-worker': 'node-agent/scan/hash-worker.ts',
        },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload must be one CommonJS file.
      rolldownOptions: {
        input: { preload: 'main/preload.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    plugins: [react()],
    // The script is read at every start of the window.
    build: { outDir: 'out/renderer', minify: true, rolldownOptions: { input: { index: 'renderer/index.html' } } },
  },
})
