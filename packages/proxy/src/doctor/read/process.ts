import { readFileSync } from 'node:fs';
import { inInitialUserNamespace } from '@tsnctl/linux';
import { hasTcx } from '../../abilities.ts';
import { see } from '../fact.ts';
import type { ProcessFacts } from '../node-facts.ts';

/** linux/capability.h, in order of the bits. */
const CAPABILITIES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
] as const;

const SECCOMP = ['off', 'strict', 'filter'] as const;

/** What this process may do. */
export function readProcess(): ProcessFacts {
  const status = readFileSync('/proc/self/status', 'utf8');
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)$`, 'm').exec(status)?.[1] ?? '0';
  const effective = BigInt(`0x${field('CapEff')}`);
  return {
    capabilities: CAPABILITIES.filter((_, bit) => (effective & (1n << BigInt(bit))) !== 0n).map(
      (name) => `CAP_${name}`,
    ),
    seccomp: SECCOMP[Number(field('Seccomp'))] ?? 'filter',
    initialUserNamespace: inInitialUserNamespace(),
    bpf: see(() => {
      hasTcx();
      return true;
    }),
  };
}
