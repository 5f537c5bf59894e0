// Preloaded by a test: bpf(2) answers ENOSYS from here on, as in a container whose seccomp profile hides it.
import { addressOf, systemCall } from '@tsnctl/linux';

const NR_BPF = process.arch === 'arm64' ? 280 : 321;
const PR_SET_SECCOMP = 22;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_MODE_FILTER = 2;
const RET_ALLOW = 0x7fff0000;
const RET_ERRNO_ENOSYS = 0x00050000 | 38;

const prctl = systemCall(
  'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
);

// struct sock_filter { u16 code; u8 jt, jf; u32 k }, linux/filter.h
const program: readonly [code: number, jt: number, jf: number, k: number][] = [
  [0x20, 0, 0, 0], // load the system call's number
  [0x15, 0, 1, NR_BPF],
  [0x06, 0, 0, RET_ERRNO_ENOSYS],
  [0x06, 0, 0, RET_ALLOW],
];
const filter = new Uint8Array(program.length * 8);
for (const [at, [code, jt, jf, k]] of program.entries()) {
  const view = new DataView(filter.buffer, at * 8);
  view.setUint16(0, code, true);
  view.setUint8(2, jt);
  view.setUint8(3, jf);
  view.setUint32(4, k, true);
}
const fprog = new BigUint64Array([BigInt(program.length), addressOf(filter)]);

prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, addressOf(new Uint8Array(fprog.buffer)), 0, 0);
