import { spawnSync } from 'node:child_process';

/** A pattern that no test's name matches. */
const NO_TEST = '(?!)';

/**
 * Load the test files here, and run none of their tests: vitest then keeps the sources as transformed in
 * node_modules/.vitest-cache, which a guest sees. It takes a second here, and half a minute there.
 */
export function warmTransforms(root: string, files: readonly string[]): void {
  const { TSNCTL_REPORT: _, ...env } = process.env;
  // What is wrong with a file is told in the guest.
  spawnSync('vitest', ['run', '--mode', 'vm', '-t', NO_TEST, ...files], { cwd: root, env, stdio: 'ignore' });
}
