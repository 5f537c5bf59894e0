import type { Check } from '../check.ts';

/** The programs find the kernel's own structures by its BTF. */
export const btf: Check = {
  name: 'btf',
  asks: 'does the kernel describe its types',
  run: ({ kernel: { btf: fact } }) => {
    if ('unseen' in fact) return [{ severity: 'unseen', message: `the kernel's BTF: ${fact.unseen}` }];
    if (fact.seen) {
      return [
        { severity: 'ok', message: 'the kernel describes its types', evidence: '/sys/kernel/btf/vmlinux' },
      ];
    }
    return [
      {
        severity: 'error',
        message: 'the kernel has no BTF: the programs cannot be loaded',
        evidence: 'there is no /sys/kernel/btf/vmlinux',
        mend: 'a kernel with CONFIG_DEBUG_INFO_BTF=y, as all large distributions have it',
      },
    ];
  },
};
