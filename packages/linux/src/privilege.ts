import { readFileSync, readlinkSync } from 'node:fs';

/** Bit numbers of linux/capability.h. */
const bits = { NET_ADMIN: 12, NET_RAW: 13, SYS_ADMIN: 21, BPF: 39 } as const;

/** Whether this process has a capability in effect. Equivalent to: getpcaps $$ */
export function hasCapability(name: keyof typeof bits): boolean {
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return (effective & (1n << BigInt(bits[name]))) !== 0n;
}

const PROC_USER_INIT_INO = 0xeffffffd; // linux/proc_ns.h

/** Whether this process is in the first user namespace: root elsewhere has its capabilities over little. */
export function inInitialUserNamespace(): boolean {
  return readlinkSync('/proc/self/ns/user') === `user:[${PROC_USER_INIT_INO}]`;
}
