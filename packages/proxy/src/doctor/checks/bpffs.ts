import type { Check } from '../check.ts';

/** Pins keep the data plane alive without a process. */
export const bpffs: Check = {
  name: 'bpffs',
  asks: 'is a BPF file system mounted',
  run: ({ bpffs: fact, places: { bpffs: path } }) => {
    if ('unseen' in fact) return [{ severity: 'unseen', message: `${path}: ${fact.unseen}` }];
    if (fact.seen) return [{ severity: 'ok', message: `a BPF file system is mounted at ${path}` }];
    return [
      {
        severity: 'error',
        message: `no BPF file system is mounted at ${path}: nothing can be pinned`,
        evidence: `stat -f -c %T ${path}`,
        mend: `mount -t bpf bpf ${path}; in a container: mount it from the host, with HostToContainer propagation`,
      },
    ];
  },
};
