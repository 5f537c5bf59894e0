import type { NetNs } from '@tsnctl/linux';
import { isErrno, NetlinkSocket } from '@tsnctl/linux';
import { getLink } from '@tsnctl/netlink';
import { TUNE_STATE, TuneMemory } from './tune-memory.ts';
import { type Tuned, Tuner } from './tuner.ts';

export interface UndoOwnedOptions {
  /** Where what was there before is remembered. */
  readonly state?: string;
  readonly bpffs?: string;
  /** Whether this one still wants this interface to be as it is; nobody's by default. */
  readonly isWanted?: (owner: string, nic: string) => boolean;
}

/** An interface that was led back, or what was refused. */
export type Undo = { readonly owner: string; readonly nic: string } & (
  | { readonly tuned: Tuned }
  | { readonly error: Error }
);

/** Bring back what interfaces had, of all that were tuned for somebody who is no person: as `tsnctl tune --undo` does. */
export function undoOwned(netns: NetNs, options: UndoOwnedOptions = {}): Undo[] {
  const { state = TUNE_STATE, bpffs, isWanted = () => false } = options;
  const memory = new TuneMemory(netns, state);
  return memory.owned().flatMap(({ owner, ifindex }): Undo[] => {
    const nic = nameOf(netns, ifindex);
    if (nic === undefined) {
      memory.forget({ ifindex }); // it is gone, and what it had with it
      return [];
    }
    if (isWanted(owner, nic)) return [];
    try {
      const tuner = new Tuner(netns, nic, { state, ...(bpffs !== undefined && { bpffs }) });
      return [{ owner, nic, tuned: tuner.undo() }];
    } catch (error) {
      return [{ owner, nic, error: error as Error }];
    }
  });
}

function nameOf(netns: NetNs, index: number): string | undefined {
  using socket = NetlinkSocket.open({ netns });
  try {
    return socket.request(getLink({ index }))[0]?.name;
  } catch (error) {
    if (isErrno(error, 'ENODEV')) return undefined;
    throw error;
  }
}
