import { TsnctlError } from '@tsnctl/codec';
import { DisposableStack, isErrno, type NetNs } from '@tsnctl/linux';
import { BpfProgram } from 'libbpf-ts';
import { holderOf } from './holder-of.ts';

/**
 * One agent for each network namespace, whatever its files are: until this is disposed, or the process ends, another
 * is refused. The claim is a program that is attached nowhere and named by the namespace: the kernel shows it to
 * every agent of this machine, and loads one only for root. Equivalent to: bpftool prog show name tsnctl_f0000000
 * @throws TsnctlError AGENT_RUNS
 */
export function claimNamespace(node: NetNs, proc?: string): Disposable {
  const { inode } = node;
  const name = claimName(inode);
  using stack = new DisposableStack();
  const claim = stack.use(BpfProgram.create({ type: TYPE, name, instructions: NOTHING }));
  // Ours is seen before we look: of two at once, the later one sees the other.
  const former = claimsBefore(claim.info().id, name);
  if (former === undefined) return stack.move();
  const pid = holderOf(former, proc);
  const who = pid === undefined ? 'a process that is not seen from here' : `process ${pid}`;
  const look = pid === undefined ? `bpftool prog show name ${name}` : `ps -fp ${pid}`;
  throw new TsnctlError('AGENT_RUNS', `another agent keeps this network namespace (net:[${inode}]): ${who}`, {
    hint: `stop that one first, ${look} shows it; what is attached stays attached meanwhile`,
  });
}

const TYPE = 'sched_cls';
/** r0 = 0; exit: struct bpf_insn in linux/bpf.h */
const NOTHING = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

/** 15 characters, as many as the kernel keeps. */
function claimName(inode: number): string {
  return `tsnctl_${inode.toString(16)}`;
}

/** The kernel numbers programs upwards. */
function claimsBefore(id: number, name: string): number | undefined {
  for (const other of BpfProgram.ids()) {
    if (other >= id) return undefined;
    if (isClaim(other, name)) return other;
  }
  return undefined;
}

/** Of this type alone: others can be loaded by who is not root. */
function isClaim(id: number, name: string): boolean {
  try {
    using program = BpfProgram.fromId(id);
    const info = program.describe();
    return info.name === name && info.type === TYPE;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false; // it has gone meanwhile
    throw error;
  }
}
