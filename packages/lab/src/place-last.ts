import { addBpfFilter, addQdisc, listQdiscs } from '@tsnctl/netlink';
import type { Via } from '@tsnctl/proxy';
import type { BpfProgram, Direction } from 'libbpf-ts';
import type { Host } from './host.ts';

/** A filter's priority behind all others. */
const LAST_PRIORITY = 0xffff;

/** Where a program of the lab stands: behind all others. */
export interface LastPlace {
  host: Host;
  device: string;
  direction: Direction;
  /** How the programs before it are attached; filters run after every tcx program. */
  via: Via;
}

/** Attach a program behind all others; a filter goes with its device, a link with what is returned. */
export function placeLast(
  program: BpfProgram,
  { host, device, direction, via }: LastPlace,
): Disposable | undefined {
  const index = host.index(device);
  if (via === 'tcx')
    return program.attachTcx({ ifindex: index, direction, netns: host.netns, position: 'last' });
  if (!host.request(listQdiscs({})).some((qdisc) => qdisc.index === index && qdisc.kind === 'clsact'))
    host.request(addQdisc({ index, kind: 'clsact' }));
  const place = { index, hook: direction, priority: LAST_PRIORITY } as const;
  host.request(addBpfFilter({ ...place, progFd: program.fd, name: 'lab', directAction: true }));
  return undefined;
}
