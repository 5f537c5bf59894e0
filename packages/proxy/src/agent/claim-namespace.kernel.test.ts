import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { NetNs } from '@tsnctl/linux';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { BpfProgram } from 'libbpf-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimNamespace } from './claim-namespace.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 18] }));

const names = ['one', 'two'].map((name) => `tsnctl-test-${process.pid}-claim-${name}`);
afterEach(() => {
  for (const name of names) NetNs.remove(name);
});

const [first = '', second = ''] = names;

/** A process with a BPF file system of its own: told to, it claims a namespace, says what came of it, and stays. */
function other(name: string) {
  const script = `
    import { readSync } from 'node:fs';
    import { NetNs } from '@tsnctl/linux';
    import { claimNamespace } from '${import.meta.resolve('./claim-namespace.ts')}';
    using node = NetNs.open('${name}');
    console.log('ready');
    readSync(0, Buffer.alloc(1));
    try {
      globalThis.claim = claimNamespace(node);
      console.log('claimed');
    } catch (error) {
      console.log(error.code, error.message);
    }
    setInterval(() => globalThis.claim, 60_000);`;
  const node = [process.execPath, '-C', '@tsnctl/source', '--disable-warning=ExperimentalWarning'];
  const own = ['-m', 'sh', '-c', 'mount -t bpf none /sys/fs/bpf && exec "$@"', 'sh'];
  const child = spawn('unshare', [...own, ...node, '--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const says = async () => (await lines.next()).value;
  return {
    pid: child.pid,
    says,
    async claim() {
      child.stdin.write('.');
      return await says();
    },
    async [Symbol.asyncDispose]() {
      if (child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

describe('claimNamespace', () => {
  it('refuses a second one, says who has it, and lets others have other namespaces', () => {
    using one = NetNs.create(first);
    using two = NetNs.create(second);
    using _other = claimNamespace(two);
    const claim = claimNamespace(one);
    using again = NetNs.open(first);
    expect(() => claimNamespace(again)).toThrow(
      expect.objectContaining({
        code: 'AGENT_RUNS',
        message: `another agent keeps this network namespace (net:[${one.inode}]): process ${process.pid}`,
        hint: `stop that one first, ps -fp ${process.pid} shows it; what is attached stays attached meanwhile`,
      }),
    );
    claim[Symbol.dispose]();
    using _ = claimNamespace(again);
  });

  it('holds among processes with nothing in common, and until the one that has it is killed', async () => {
    using node = NetNs.create(first);
    await using holder = other(first);
    expect([await holder.says(), await holder.claim()]).toEqual(['ready', 'claimed']);
    expect(() => claimNamespace(node)).toThrow(`(net:[${node.inode}]): process ${holder.pid}`);
    await holder[Symbol.asyncDispose]();
    using _ = claimNamespace(node);
  });

  it('is given to one of several that want it at once', async () => {
    using _node = NetNs.create(first);
    await using stack = new AsyncDisposableStack();
    const all = Array.from({ length: 3 }, () => stack.use(other(first)));
    await Promise.all(all.map((one) => one.says()));
    const said = await Promise.all(all.map((one) => one.claim()));
    expect(said.sort()).toEqual([
      expect.stringMatching(/^AGENT_RUNS another agent keeps this network namespace /),
      expect.stringMatching(/^AGENT_RUNS another agent keeps this network namespace /),
      'claimed',
    ]);
  });

  it('says how to find out who has it, where that is not seen', () => {
    using node = NetNs.create(first);
    using _claim = claimNamespace(node);
    const name = `tsnctl_${node.inode.toString(16)}`;
    expect(() => claimNamespace(node, '/nowhere')).toThrow(
      expect.objectContaining({
        message: `another agent keeps this network namespace (net:[${node.inode}]): a process that is not seen from here`,
        hint: `stop that one first, bpftool prog show name ${name} shows it; what is attached stays attached meanwhile`,
      }),
    );
  });

  it('is not to be had by a program of another kind, which others than root can load', () => {
    using node = NetNs.create(first);
    const name = `tsnctl_${node.inode.toString(16)}`;
    const instructions = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
    using _foreign = BpfProgram.create({ type: 'socket_filter', name, instructions });
    using _claim = claimNamespace(node);
  });
});
