import type { Addresses } from '../addresses.ts';
import type { Stage } from '../stage.ts';

/** A way from a pod to the NIC, as some CNI plugin or Service lays it. */
export interface Path {
  /** In tables and flags. */
  name: string;
  /** For people: which packets go this way. */
  title: string;
  /** `client`: the pod sends on its own. `server`: it answers, and its replies are judged. */
  pod: 'client' | 'server';
  /** Lay links, addresses, routes and NAT. Returns where the client sends to. */
  lay(stage: Stage): Addresses;
  /** The port at which the client reaches the server's `port`; the same by default. */
  clientPort?(port: number): number;
}

/** Ports of the servers: one for each sender of a row. */
export const SERVER_PORTS = [7001, 7002, 7003, 7004] as const;
