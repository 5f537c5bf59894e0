import { hasCapability, inInitialUserNamespace, kernelAtLeast } from '@tsnctl/linux';
import type { TestContext } from 'vitest';

/** Skip, saying why, where a kernel test cannot run; TSNCTL_NO_SKIP=1 makes that a failure. */
export function requireMachine(ctx: TestContext): void {
  skipFor(ctx, whatIsMissing());
}

/** The same for what is missing here, if anything is. */
export function skipFor(ctx: TestContext, missing: string | undefined): void {
  if (missing === undefined) return;
  if (process.env.TSNCTL_NO_SKIP === '1') throw new Error(missing);
  ctx.skip(missing);
}

/** Why kernel tests cannot run here, or undefined. */
export function whatIsMissing(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (!hasCapability('SYS_ADMIN') || !inInitialUserNamespace()) return 'needs root';
  if (!kernelAtLeast(6, 11)) return 'needs kernel 6.11 for host mode';
  return undefined;
}
