import { systemCall } from '@tsnctl/linux';

const VERSION_3 = 0x20080522; // linux/capability.h, as the bits are
const NET_ADMIN = 1 << 12;
const NET_RAW = 1 << 13;

const capget = systemCall('int capget(_Inout_ void *header, _Out_ void *data)');
const capset = systemCall('int capset(_Inout_ void *header, const void *data)');

/** Do something without any capability in effect, as a pod's process without privileges. */
export function unprivileged<T>(action: () => T): T {
  return withEffective(0, action);
}

/** The same with CAP_NET_RAW alone, which a pod has by default. */
export function withNetRaw<T>(action: () => T): T {
  return withEffective(NET_RAW, action);
}

/** The same with CAP_NET_ADMIN alone, of the machine's own user namespace: what `hostUsers: true` gives. */
export function withNetAdmin<T>(action: () => T): T {
  return withEffective(NET_ADMIN, action);
}

/** The kernel asks for effective capabilities only; the permitted ones bring them back. */
function withEffective<T>(capabilities: number, action: () => T): T {
  const header = new Uint32Array([VERSION_3, 0]);
  const all = new Uint32Array(6); // two times effective, permitted, inheritable
  capget(header, all);
  const few = all.slice();
  few[0] = capabilities;
  few[3] = 0;
  capset(header, few);
  try {
    return action();
  } finally {
    capset(header, all);
  }
}
