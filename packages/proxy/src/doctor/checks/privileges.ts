import type { Check } from '../check.ts';
import type { Found } from '../finding.ts';

/** What each capability is for; without it, that is what cannot be done or seen. */
const NEEDED: readonly { readonly name: string; readonly for: string }[] = [
  { name: 'CAP_NET_ADMIN', for: 'attaching programs, qdiscs, queues' },
  { name: 'CAP_SYS_ADMIN', for: "entering pods' namespaces, and seeing the programs and links of others" },
  { name: 'CAP_BPF', for: 'loading programs and maps' },
  { name: 'CAP_PERFMON', for: "reading the kernel's structures from programs" },
  { name: 'CAP_SYS_PTRACE', for: "finding the namespaces of other users' pods" },
];

/** CAP_SYS_ADMIN does for these: capability.h. */
const CONTAINED: readonly string[] = ['CAP_BPF', 'CAP_PERFMON'];

/** What this very process may do. */
export const privileges: Check = {
  name: 'privileges',
  asks: 'may this process load and attach programs',
  run: ({ process: { capabilities, seccomp, initialUserNamespace, bpf } }) => {
    const held = capabilities.includes('CAP_SYS_ADMIN') ? [...capabilities, ...CONTAINED] : capabilities;
    const missing = NEEDED.filter(({ name }) => !held.includes(name));
    const found: Found[] = [];
    if (missing.length > 0) {
      const lacks = missing.map(({ name, for: what }) => `${name} (${what})`).join('; ');
      found.push({
        severity: 'unseen',
        message: `this process lacks ${lacks}`,
        evidence: 'CapEff in /proc/self/status',
        mend: 'sudo tsnctl doctor, for the whole picture',
      });
    }
    if (!initialUserNamespace) {
      found.push({
        severity: 'unseen',
        message: 'this process is in a user namespace of its own: its capabilities hold for nothing outside',
        evidence: '/proc/self/ns/user',
        mend: 'run it on the node itself',
      });
    }
    if ('unseen' in bpf && missing.length === 0) {
      const filtered = seccomp === 'off' ? '' : '; a seccomp filter is on, which may forbid it';
      found.push({
        severity: 'error',
        message: `bpf(2) does not answer: ${bpf.unseen}${filtered}`,
        evidence: `Seccomp in /proc/self/status: ${seccomp}`,
        mend: 'a container whose seccomp profile allows bpf, or Unconfined; a kernel with CONFIG_BPF_SYSCALL',
      });
    }
    if (found.length > 0) return found;
    return [{ severity: 'ok', message: 'this process may do all that is needed' }];
  },
};
