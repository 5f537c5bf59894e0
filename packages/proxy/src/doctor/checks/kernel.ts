import { kernelAtLeast } from '@tsnctl/linux';
import type { Check } from '../check.ts';

/** What this kernel's release lets the proxy do. */
export const kernel: Check = {
  name: 'kernel',
  asks: 'is the kernel new enough, and which mode does it allow',
  run: ({ kernel: { release, build } }) => {
    const evidence = `uname -r: ${release}`;
    if (!kernelAtLeast(5, 18, release)) {
      return [
        {
          severity: 'error',
          message: `kernel ${release} is too old: it keeps no delivery time while it forwards`,
          evidence,
          mend: 'kernel 5.18 or newer; 6.11 or newer for host mode',
        },
      ];
    }
    const hook = kernelAtLeast(6, 6, release) ? 'tcx links' : 'clsact filters';
    const mode = kernelAtLeast(6, 11, release) ? 'host mode and pod mode' : 'pod mode alone';
    const rt = build.includes('PREEMPT_RT') ? ', PREEMPT_RT' : '';
    const found = {
      severity: 'ok' as const,
      message: `kernel ${release}${rt}: ${mode}, by ${hook}`,
      evidence,
    };
    if (kernelAtLeast(6, 11, release)) return [found];
    return [
      found,
      {
        severity: 'hint',
        message: 'this kernel loses launch times at the border, so a program has to stand inside each pod',
        evidence,
        mend: 'kernel 6.11 or newer has host mode: nothing is attached inside pods',
      },
    ];
  },
};
