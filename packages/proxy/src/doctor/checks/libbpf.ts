import type { Check } from '../check.ts';

export const libbpf: Check = {
  name: 'libbpf',
  asks: 'is libbpf there',
  run: ({ libbpf: fact }) => {
    if ('seen' in fact) return [{ severity: 'ok', message: `libbpf ${fact.seen}` }];
    return [
      {
        severity: 'error',
        message: `libbpf cannot be used: ${fact.unseen}`,
        evidence: 'libbpf.so.1',
        mend: 'apt-get install libbpf1 (Debian, Ubuntu) or dnf install libbpf (Fedora)',
      },
    ];
  },
};
