import { defineConfig } from '@playwright/test';

// one window at a time: journeys share the display, and a picture must not catch another's focus
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'e2e/results',
  workers: 1,
  // a hang, on the slowest machine with other things to do
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  forbidOnly: true,
});
