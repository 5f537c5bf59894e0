import type { ChaosNode } from './chaos-node.ts';

/** Something that happens to a node. What it takes to find out whether all is well afterwards is the harness's. */
export interface Fault {
  /** May return what takes it away again, once the agent has said why it cannot mend it. */
  readonly do: (
    node: ChaosNode,
  ) => void | Promise<void> | (() => void | Promise<void>) | Promise<() => void | Promise<void>>;
  /** What the agent says of it. Where there is something to be taken away again, it has to. */
  readonly says?: RegExp;
  /**
   * What the fault itself takes from traffic, beside metadata: nothing unless told. Without a
   * restorer, the NIC sees each packet's own word instead of its metadata.
   */
  readonly takes?: 'packets' | 'restorer';
  /** The agent may end of it: then it is started again, as systemd and a DaemonSet do. */
  readonly mayEnd?: true;
  /** Why this machine cannot have it, if so. */
  readonly needs?: () => string | undefined;
  /** In the full set only: it takes long. */
  readonly full?: boolean;
}

export type Faults = Readonly<Record<string, Fault>>;
