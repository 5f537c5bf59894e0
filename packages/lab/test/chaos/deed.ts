import type { Stage } from '../../src/stage.ts';
import type { DeedNode } from './deed-node.ts';

/** Something that a node's plans do. Whatever steps it comes to: it is killed before and after each. */
export interface Deed {
  /** To what there is before it, on a node that has nothing of ours. */
  readonly prepare: (node: DeedNode, stage: Stage) => void | Promise<void>;
  readonly run: (node: DeedNode) => unknown;
  /** What mends the node after a kill; the same again, unless told. */
  readonly mend?: (node: DeedNode) => unknown;
  /** What is then left to do: nothing. */
  readonly left: (node: DeedNode) => readonly unknown[];
  /** Whether packets carry what was asked for, once it is done. */
  readonly carries: boolean;
  /** It writes files, so that the disk may be full; false where another row has the same writes. */
  readonly writes?: boolean;
  /** The interface itself drops packets meanwhile. */
  readonly takes?: 'packets';
  readonly short?: true;
}

export type Deeds = Readonly<Record<string, Deed>>;
