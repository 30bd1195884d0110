import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/**
 * The server templates `__CSP_NONCE__` in index.html with a fresh value per answer; Vite puts it on every script
 * and style of the build, and the page hands it on to Mantine (see app/csp-nonce.ts).
 */
export default defineConfig({
  plugins: [react()],
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2022',
    // Inlined assets would be data: addresses, which the content security policy allows for pictures alone.
    assetsInlineLimit: 0,
    sourcemap: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: 'tanstack', test: /node_modules\/@tanstack\// },
          ],
        },
      },
    },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:4400' } },
});
