import type { Link } from '@tsnctl/netlink';
import { expect, it } from 'vitest';
import type { PodIdentifier } from './identify-pods.ts';
import { PodTable } from './pod-table.ts';

const link = (index: number) => ({ index, name: `veth${index}`, kind: 'veth', linkNetnsid: index }) as Link;

it('knows which have just come: not those that were there at the first look', () => {
  let now = 0;
  const pods = new PodTable({ identify: () => new Map() } as unknown as PodIdentifier, () => now);
  pods.sync([link(1)]);
  pods.see(link(2));
  now = 5_000;
  pods.sync([link(1), link(2), link(3)]);
  expect(pods.young()).toEqual(['veth2', 'veth3']);
  now = 10_000;
  expect(pods.young()).toEqual(['veth3']);
});
