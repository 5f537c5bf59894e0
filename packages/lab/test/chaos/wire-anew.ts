import { isErrno } from '@tsnctl/linux';
import { deleteLink } from '@tsnctl/netlink';
import type { Host } from '../../src/host.ts';
import { type Stage, wire } from '../../src/stage.ts';

/** One more pod side, in the place of a former one. */
export function wireAnew({ node, pod }: Stage, name: string): void {
  remove(node, name);
  wire(node, name, pod, `in-${name}`);
}

/** An interface, if it is there. */
export function remove(host: Host, name: string): void {
  try {
    host.request(deleteLink({ index: host.index(name) }));
  } catch (error) {
    if (!isErrno(error, 'ENODEV', 'NO_INTERFACE')) throw error;
  }
}
