import { expect, it } from 'vitest';
import { bareNic } from '../../test/simulate-tune.ts';
import { refusal } from './refusal.ts';

const step = { do: 'delete-root', kind: 'fq' } as const;
const refused = (nic: Parameters<typeof bareNic>[0]) =>
  refusal(bareNic(nic), step, new Error('Multi-queue device is required'), 'nothing was done').hint;

it('says how a NIC gets the queues that the kernel misses, by the sort that it has', () => {
  const one = { txQueues: 1, maxTxQueues: 4 };
  const combined = { maximum: { combined: 4 }, current: { combined: 1 } };
  const separate = { maximum: { rx: 4, tx: 4 }, current: { rx: 1, tx: 1 } };
  expect(refused({ ...one, channels: combined })).toBe('ethtool -L eth1 combined 4');
  expect(refused({ ...one, channels: separate })).toBe('ethtool -L eth1 tx 4');
  expect(refused({ txQueues: 1, maxTxQueues: 1 })).toBe(
    'another NIC; or qdisc: etf, fq or prio, which need one queue',
  );
});
