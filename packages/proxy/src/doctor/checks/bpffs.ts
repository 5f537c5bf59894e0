import type { Check } from '../check.ts';

/** Pins keep the data plane alive without a process. */
export const bpffs: Check = {
  name: 'bpffs',
  asks: 'is a BPF file system mounted',
  run: ({ bpffs: fact }) => {
    if ('unseen' in fact) return [{ severity: 'unseen', message: `/sys/fs/bpf: ${fact.unseen}` }];
    if (fact.seen) return [{ severity: 'ok', message: 'a BPF file system is mounted at /sys/fs/bpf' }];
    return [
      {
        severity: 'error',
        message: 'no BPF file system is mounted: nothing can be pinned',
        evidence: 'stat -f -c %T /sys/fs/bpf',
        mend: 'mount -t bpf bpf /sys/fs/bpf; in a container: mount it from the host, with HostToContainer propagation',
      },
    ];
  },
};
