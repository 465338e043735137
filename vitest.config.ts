import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.{ts,tsx}'],
    setupFiles: ['tests/support/seed.ts'],
    // a hang, on the slowest machine with other things to do; how fast something is, is no test
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
