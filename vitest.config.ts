import { defaultExclude, defineConfig } from 'vitest/config';

// `--mode kernel` runs what needs the real kernel, one file after the other; every other mode runs the rest.
export default defineConfig(({ mode }) => {
  const kernel = mode === 'kernel';
  return {
    resolve: { conditions: ['@tsnctl/source', 'node', 'import', 'default'] },
    ssr: {
      resolve: {
        conditions: ['@tsnctl/source', 'node', 'import', 'default'],
        externalConditions: ['@tsnctl/source', 'node', 'import', 'default'],
      },
    },
    test: {
      include: [kernel ? '**/*.kernel.test.ts' : '**/*.test.ts'],
      exclude: [...defaultExclude, ...(kernel ? [] : ['**/*.kernel.test.ts'])],
      pool: 'forks',
      fileParallelism: !kernel,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      reporters: ['default', new URL('tools/test-report.mjs', import.meta.url).pathname],
    },
  };
});
