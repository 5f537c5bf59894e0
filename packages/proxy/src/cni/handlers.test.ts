import { expect, it } from 'vitest';
import { type CniHandlerOptions, cniHandlers } from './handlers.ts';
import type { AttachmentRecord } from './record.ts';
import { Records } from './records.ts';

const record: AttachmentRecord = {
  containerId: 'c0ffee',
  ifname: 'eth0',
  network: 'net',
  netns: '/run/netns/pod',
  pod: { namespace: 'plant', name: 'camera', uid: '' },
  carried: { by: 'itself', kind: 'macvlan' },
  policy: { allow: [], remap: {}, horizonNs: 0n },
  withheld: [],
};

it('a DEL succeeds where its record cannot be removed, and says so', async () => {
  const lines: string[] = [];
  const { del } = cniHandlers({
    records: Object.assign(new Records('/nonexistent'), {
      read: () => record,
      remove() {
        throw new Error('EROFS: read-only file system');
      },
    }),
    log: (line: string) => void lines.push(line),
  } as Partial<CniHandlerOptions> as CniHandlerOptions);
  await del({ containerId: 'c0ffee', ifname: 'eth0' } as Parameters<typeof del>[0]);
  expect(lines).toEqual([
    'DEL plant/camera eth0: forgotten; its record stays until its interface is gone: EROFS: read-only file system',
  ]);
});
