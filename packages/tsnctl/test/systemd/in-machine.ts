import { expect } from 'vitest';
import { boot } from '../../../testkit/src/vm/boot.ts';
import { guestEnvironment } from '../../../testkit/src/vm/guest-environment.ts';
import { kernelImage } from '../../../testkit/src/vm/kernel-image.ts';
import { kernelNamed } from '../../../testkit/src/vm/kernels.ts';

/** A command to its end, in a machine whose first process is systemd; the lines that it says. */
export async function inMachine(
  argv: readonly string[],
  { limitMs, environment }: { limitMs: number; environment?: Record<string, string> },
): Promise<string[]> {
  const image = await kernelImage(kernelNamed('6.12'), { say: () => undefined });
  let stdout = '';
  let stderr = '';
  const { outcome, console } = await boot({
    image,
    init: 'systemd',
    limitMs,
    command: { argv, directory: '/', environment: guestEnvironment(environment), modules: [] },
    output: (stream, data) => {
      if (stream === 'stdout') stdout += data;
      else stderr += data;
    },
  });
  expect(outcome, `${stdout}\n${stderr}\n${console.slice(-2_000)}`).toEqual({ kind: 'exited', code: 0 });
  return stdout.trimEnd().split('\n');
}
