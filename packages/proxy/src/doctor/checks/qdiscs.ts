import type { Check } from '../check.ts';

/** The kernel's modules for the qdiscs that obey. */
export const qdiscs: Check = {
  name: 'qdiscs',
  asks: 'has this kernel the qdiscs of TSN',
  run: ({ kernel: { qdiscModules } }) => {
    if ('unseen' in qdiscModules)
      return [{ severity: 'unseen', message: `kernel modules: ${qdiscModules.unseen}` }];
    const of = (state: string) =>
      Object.entries(qdiscModules.seen).flatMap(([kind, found]) => (found === state ? [kind] : []));
    const missing = of('missing');
    const there = [...of('loaded'), ...of('loadable')];
    if (missing.length === 0) return [{ severity: 'ok', message: `the kernel has ${there.join(', ')}` }];
    return [
      {
        severity: 'warning',
        message: `this kernel has no ${missing.join(', ')}${there.length > 0 ? `; it has ${there.join(', ')}` : ''}`,
        evidence: 'modules.dep and modules.builtin of this kernel, /sys/module',
        mend: 'the package with the other modules (linux-modules-extra of Ubuntu, kernel-modules-extra of Fedora), or a kernel with CONFIG_NET_SCH_*',
      },
    ];
  },
};
