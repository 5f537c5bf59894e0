import { renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Faults } from './fault.ts';

/** What becomes of the runtime's list while the agent keeps it. */
export const chainFaults: Faults = {
  'the list is truncated': {
    do(node) {
      truncateSync(node.list, 10);
      return () => node.writeLists();
    },
    says: /10-flannel\.conflist/,
  },
  'the list is replaced by its primary': {
    do: (node) => node.writeLists(),
  },
  'the list is put beside and renamed by its primary': {
    do(node) {
      const list = node.list;
      renameSync(list, `${list}.old`);
      node.writeLists();
      renameSync(list, `${list}.tmp`);
      rmSync(`${list}.old`);
      renameSync(`${list}.tmp`, list);
    },
  },
  'the list is renamed, and a foreign one comes first': {
    do(node) {
      const first = join(node.lists, '00-other.conflist');
      writeFileSync(
        first,
        JSON.stringify({ name: 'other', cniVersion: '1.0.0', plugins: [{ type: 'bridge' }] }),
      );
      renameSync(node.list, join(node.lists, '20-flannel.conflist'));
      return () => {
        rmSync(first);
        renameSync(join(node.lists, '20-flannel.conflist'), node.list);
      };
    },
    says: /00-other\.conflist/,
  },
  'the list is made a symbolic link': {
    do(node) {
      const real = join(node.disk.path, 'real.conflist');
      node.writeLists();
      renameSync(node.list, real);
      symlinkSync(real, node.list);
      return () => {
        rmSync(node.list);
        node.writeLists();
      };
    },
    says: /symbolic link/,
  },
  'the list is broken JSON': {
    do(node) {
      writeFileSync(node.list, '{ "name": "cbr0", ');
      return () => node.writeLists();
    },
    says: /10-flannel\.conflist/,
  },
  'the directory of lists is taken away': {
    do(node) {
      rmSync(node.lists, { recursive: true });
      return () => node.writeLists();
    },
  },
};
