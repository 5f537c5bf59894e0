import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { NIC, POD_SIDE } from '@tsnctl/lab';
import { mount, unmount } from '@tsnctl/linux';
import { BpfLink } from 'libbpf-ts';
import { arrayMap, idleProgram } from '../foreign.ts';
import type { Faults } from './fault.ts';

/** A process with a mount namespace of its own, as of a container: what is unmounted elsewhere lives on in it. */
async function holdMounts(): Promise<AsyncDisposable> {
  const command = ['-m', '--propagation', 'private', 'sh', '-c', 'echo here; exec sleep 60'];
  const child = spawn('unshare', command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close'); // by itself, too, where many more faults follow
  await once(child.stdout, 'data');
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const DIRECTIONS = { [NIC]: 'egress', [POD_SIDE]: 'ingress' } as const;

/** What becomes of the pins and programs while the agent keeps them. */
export const pinFaults: Faults = {
  'the BPF file system is unmounted and mounted again': {
    do({ lab }) {
      unmount(lab.bpffs, { lazy: true });
      mount('bpf', lab.bpffs, { type: 'bpf' });
    },
    takes: 'restorer',
  },
  'the BPF file system is unmounted for a while': {
    do({ lab }) {
      unmount(lab.bpffs, { lazy: true });
      return () => mount('bpf', lab.bpffs, { type: 'bpf' });
    },
    says: /BPF file system/,
    takes: 'restorer',
  },
  'the BPF file system is unmounted, and another process still has it': {
    async do({ lab }) {
      lab.use(await holdMounts());
      unmount(lab.bpffs, { lazy: true });
      mount('bpf', lab.bpffs, { type: 'bpf' });
    },
    takes: 'restorer',
  },
  "the restorer's pin is removed": {
    do: (node) => rmSync(node.pinOf(NIC)),
  },
  "the saver's pin is removed": {
    do: (node) => rmSync(node.pinOf(POD_SIDE)),
  },
  'all pins are removed': {
    do: (node) => rmSync(dirname(dirname(node.pinOf(NIC))), { recursive: true }),
    takes: 'restorer',
  },
  'the tables are removed': {
    do: (node) => rmSync(dirname(node.proxy.pins.table('pods')), { recursive: true }),
    takes: 'restorer',
  },
  "a foreign map is in the place of the restorer's pin": {
    do(node) {
      const path = node.pinOf(NIC);
      using map = arrayMap('foreign', { valueSize: 8, entries: 1 });
      // A pin that is removed is back within milliseconds: whoever wants its place takes it at once.
      map.pin(`${path}-foreign`);
      renameSync(`${path}-foreign`, path);
      return () => rmSync(path);
    },
    says: /\S/,
    takes: 'restorer',
  },
  'a foreign map is in the place of a table': {
    do(node) {
      const path = node.proxy.pins.table('pods');
      rmSync(path);
      using map = arrayMap('foreign', { valueSize: 8, entries: 1 });
      map.pin(path);
      return () => rmSync(path);
    },
    says: /\S/,
    takes: 'restorer',
  },
  ...Object.fromEntries(
    ([NIC, POD_SIDE] as const).map((device) => [
      `a foreign program is put first on ${device}`,
      {
        async do({ stage: { node } }) {
          using foreign = idleProgram();
          const hook = { ifindex: node.index(device), direction: DIRECTIONS[device], netns: node.netns };
          const link = foreign.attachTcx({ ...hook, position: 'first' });
          return () => link[Symbol.dispose]();
        },
        says: new RegExp(`mended what was not as it had been left: move \\w+ to the front of ${device}`),
      },
    ]),
  ),
  'the saver is detached': {
    do(node) {
      using link = BpfLink.pinned(node.pinOf(POD_SIDE));
      link.detach();
    },
  },
  'the restorer and the saver are detached': {
    do(node) {
      for (const device of [NIC, POD_SIDE] as const) {
        using link = BpfLink.pinned(node.pinOf(device));
        link.detach();
      }
    },
    takes: 'restorer',
  },
};
