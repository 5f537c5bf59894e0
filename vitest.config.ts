import { defaultExclude, defineConfig } from 'vitest/config';

const KERNEL = '**/*.kernel.test.ts';
const ALONE = '**/*.alone.kernel.test.ts';
const VM = '**/*.vm.test.ts';
const QEMU = '**/*.qemu.test.ts';
const CHAOS = '**/*.chaos.test.ts';
const IMAGE = '**/*.image.test.ts';

/** Two files at a time; then, one by one, those that count what happens while packets pass. */
const kernelProjects = [
  { name: 'kernel', include: [KERNEL], exclude: [...defaultExclude, ALONE], maxWorkers: 2 },
  { name: 'alone', include: [ALONE], maxWorkers: 1, sequence: { groupOrder: 1 } },
].map((test) => ({ extends: true as const, test }));

/** Starting up is what takes long in a virtual machine: one worker for all files. */
const once = { maxWorkers: 1, isolate: false };

// What needs the real kernel; a virtual machine's, from inside; to start virtual machines; faults under traffic; the
// image, which takes long to build.
// Every other mode runs the rest.
const modes: Record<string, object> = {
  kernel: { projects: kernelProjects },
  // Emulated, and on a machine that may have other work: a start of Node alone takes from 3 to 20 s.
  vm: { include: [VM], ...once, testTimeout: 240_000, hookTimeout: 240_000 },
  qemu: { include: [QEMU], maxWorkers: 1 },
  image: { include: [IMAGE], maxWorkers: 1, testTimeout: 180_000, hookTimeout: 180_000 },
  chaos: { include: [CHAOS], maxWorkers: 1, testTimeout: 600_000 },
};
const rest = { include: ['**/*.test.ts'], exclude: [...defaultExclude, KERNEL, VM, QEMU, CHAOS, IMAGE] };

export default defineConfig(({ mode }) => {
  return {
    resolve: { conditions: ['@tsnctl/source', 'node', 'import', 'default'] },
    ssr: {
      resolve: {
        conditions: ['@tsnctl/source', 'node', 'import', 'default'],
        externalConditions: ['@tsnctl/source', 'node', 'import', 'default'],
      },
    },
    test: {
      pool: 'forks',
      testTimeout: 60_000,
      hookTimeout: 60_000,
      ...(modes[mode] ?? rest),
      reporters: ['default', new URL('tools/test-report.mjs', import.meta.url).pathname],
    },
  };
});
