import type { Check } from '../check.ts';

/** Which pod a process belongs to stands in its cgroup. */
export const cgroup: Check = {
  name: 'cgroup',
  asks: 'can a process be told to belong to a pod',
  run: ({ cgroup: fact }) => {
    if ('unseen' in fact) return [{ severity: 'unseen', message: `cgroups: ${fact.unseen}` }];
    if (fact.seen === 'unified') return [{ severity: 'ok', message: 'cgroup v2' }];
    return [
      {
        severity: 'hint',
        message: `cgroups are ${fact.seen}: pods are found by the paths of version 1`,
        evidence: 'stat -f -c %T /sys/fs/cgroup',
        mend: 'systemd.unified_cgroup_hierarchy=1 on the kernel command line; Kubernetes is about to give up version 1',
      },
    ];
  },
};
