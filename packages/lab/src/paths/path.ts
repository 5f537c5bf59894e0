import type { Addresses, Family } from '../addresses.ts';
import { NIC, type Stage } from '../stage.ts';

/** A way from a pod to the NIC, as some CNI plugin or Service lays it. */
export interface Path {
  /** In tables and flags. */
  name: string;
  /** For people: which packets go this way. */
  title: string;
  /** The CNI plugins, and what else, whose packets go this way. */
  usedBy: readonly string[];
  /** `client`: the pod sends on its own. `server`: it answers, and its replies are judged. */
  pod: 'client' | 'server';
  /** Lay links, addresses, routes and NAT. Returns where the client sends to. */
  lay(stage: Stage): Addresses;
  /** The port at which the client reaches the server's `port`; the same by default. */
  clientPort?(port: number): number;

  /** Makes the pod's `eth0`; a veth pair by default. */
  wirePod?(stage: Stage): void;
  /** IP versions that this way has; both by default. */
  families?: readonly Family[];
  /** Protocols that go this way; both by default. */
  protocols?: readonly ('udp' | 'tcp')[];
  /** Modules that nothing asks for by itself. */
  modules?: readonly string[];
  /** Interfaces to attach as uplinks; the NIC by default. */
  uplinks?: readonly string[];
  /** Interfaces by which frames leave the node; the NIC by default. */
  nics?: readonly string[];
  /** The device that encrypts: behind it no payload can be read. */
  encryptsAt?: string;
  /** The pod's packets cross no border: they keep their metadata without a proxy. */
  native?: true;
  /** Payload of the UDP packets: more than an MTU, so that they come in fragments. */
  fragmentsOf?: number;
  /** TCP's segments are cut into fragments on the way. */
  segmentsCut?: true;
  /** What is sent as one has been cut before it comes to the NIC. */
  segmented?: true;
  /** What must be seen outside of a packet of each priority: the queue of the NIC, the tag's PCP. */
  outside?: Readonly<Record<number, { queue?: number; pcp?: number }>>;
  /** What a second pod of the node is to the first: a port of its bridge in this network; or routed, by default. */
  neighbour?: 'nic' | 'pods' | 'none';
  /** Whether packets really went this way, where what is seen at the NIC does not say so. */
  wasTaken?(stage: Stage): boolean;
  /** Where it cannot work. */
  limits?: readonly Limit[];
}

/** Why a path cannot work. The matrix asserts that it really does not: so the reason stays true. */
export interface Limit {
  /** On kernels before this one. */
  before: readonly [number, number];
  reason: string;
  /** What `tsnctl doctor` says. */
  doctor: string;
  /** How it shows: the kernel refuses to lay it; or the priority arrives and the launch time does not. */
  shows: 'refused' | 'launch time lost';
}

/** Ports of the servers: one for each flow of a row. */
export const SERVER_PORTS = Array.from({ length: 16 }, (_, at) => 7001 + at);

/** A port at which a second pod of the node receives. */
export const NEIGHBOUR_PORT = 7017;

export function uplinksOf({ uplinks = [NIC] }: Path): readonly string[] {
  return uplinks;
}

export function nicsOf({ nics = [NIC] }: Path): readonly string[] {
  return nics;
}
