import type { NetNs } from '@tsnctl/linux';

/** Which node: a tree of files, and the network namespace and the pins that belong to it. */
export interface NodePlace {
  /** `/`, or the directory of a node that is prepared or tested. */
  readonly root: string;
  /** What its /run is below, if not `root`: `/` in a container that has the node's /run/tsnctl at the same place. */
  readonly runRoot?: string;
  /** Nothing for a tree of files alone. */
  readonly netns?: NetNs;
  readonly bpffs?: string;
}
