import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// no inlined assets and no inline script: the window's content security policy allows neither
export default defineConfig({
  root: 'renderer',
  base: './',
  plugins: [react()],
  css: { preprocessorOptions: { scss: { quietDeps: true, silenceDeprecations: ['if-function', 'global-builtin', 'import'] } } },
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'chrome120',
    chunkSizeWarningLimit: 1200,
  },
});
