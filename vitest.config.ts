import { defineConfig } from 'vitest/config';

// One project per ring of the style guide. `unit` needs nothing but Node; the others say what they want.
export default defineConfig({
  test: {
    reporters: ['default', './tests/closing-line.ts'],
    projects: [
      {
        // Long enough for a machine that has other things to do: no test measures time.
        test: { name: 'unit', include: ['src/**/*.test.ts', 'tests/*.test.ts'], testTimeout: 60_000 },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'real-tree',
          include: ['tests/real-tree/**/*.test.ts'],
          testTimeout: 2_700_000,
          hookTimeout: 2_700_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
