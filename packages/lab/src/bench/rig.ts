import { addLink } from '@tsnctl/netlink';
import { attachPod, attachUplink, MetadataProxy, type Policy, type UplinkClock } from '@tsnctl/proxy';
import { at, on } from '../addresses.ts';
import type { Host } from '../host.ts';
import type { Lab } from '../lab.ts';
import { bridgeRoute } from '../paths/bridge-route.ts';
import { BRIDGE, NIC, POD_SIDE, routeDefault, type Stage, setStage, wire } from '../stage.ts';
import { type Hook, Meter } from './meter.ts';
import { Reference } from './reference.ts';

/** A data plane: ours in one of its modes, the reference's, or none. */
export type Design = 'host' | 'pod' | 'reference' | 'none';

export interface Pod {
  host: Host;
  /** The name of its interface's host side. */
  side: string;
  address: string;
}

export interface RigOptions {
  /** What the NIC's qdisc wants; `mono` by default. */
  clock?: UplinkClock;
  /** How many pods; one by default. */
  pods?: number;
  /** Programs behind it on the NIC see the packets, also with the reference. */
  observed?: boolean;
  /** Before each pod but the first so many other interfaces are made: its index is that much higher. */
  spacing?: number;
}

/** Ports that the outside host takes in and forgets, without a word to the sender. */
export const SINK_PORT = 7000;
const FORGETFUL = `
table ip bench {
  chain sink {
    type filter hook prerouting priority -300;
    udp dport ${SINK_PORT} drop
  }
}
`;

/** The path bridge-route, with pods, and one design of the data plane on it; gone with its lab. */
export class Rig {
  readonly stage: Stage;
  readonly pods: readonly [Pod, ...Pod[]];
  /** Where packets have to go in order to pass the NIC. */
  readonly target: string;
  /** Ours only. */
  readonly proxy: MetadataProxy;
  readonly #lab: Lab;
  readonly #design: Design;

  constructor(lab: Lab, design: Design, options: RigOptions = {}) {
    const { clock = 'mono', pods = 1, observed = false, spacing = 0 } = options;
    this.#lab = lab;
    this.#design = design;
    this.stage = setStage(lab);
    this.target = bridgeRoute.lay(this.stage)[4];
    this.stage.outside.nft(FORGETFUL);
    const first: Pod = { host: this.stage.pod, side: POD_SIDE, address: at('pods', 2)[4] };
    this.pods = [first, ...Array.from({ length: pods - 1 }, (_, more) => this.#addPod(more + 3, spacing))];
    this.proxy = new MetadataProxy(this.stage.node.netns, { bpffs: lab.bpffs });
    if (design === 'reference') {
      lab.use(new Reference(this.pods.map(leaving), this.uplink, { observed }));
    } else if (design !== 'none') {
      this.proxy.change(attachUplink(NIC, clock));
      for (const [number, { side }] of this.pods.entries())
        this.proxy.change(attachPod(side, policyOf(number), { mode: design }));
    }
  }

  /** One meter for each place where a packet meets a program of this design; no change of the hooks after that. */
  meters(): Meter[] {
    const places: Record<Design, readonly (readonly Hook[])[]> = {
      host: [this.pods.map((pod) => this.entering(pod)), [this.uplink]],
      pod: [this.pods.map(leaving), this.pods.map((pod) => this.entering(pod)), [this.uplink]],
      reference: [this.pods.map(leaving), [this.uplink]],
      none: [],
    };
    return places[this.#design].map((hooks) => this.#lab.use(new Meter(hooks)));
  }

  /** Where packets leave the node. */
  get uplink(): Hook {
    return { host: this.stage.node, device: NIC, direction: 'egress' };
  }

  /** Where a pod's packets enter the node. */
  entering({ side }: Pod): Hook {
    return { host: this.stage.node, device: side, direction: 'ingress' };
  }

  #addPod(number: number, spacing: number): Pod {
    const { node } = this.stage;
    for (let more = 0; more < spacing; more++)
      node.request(addLink({ kind: 'bridge', name: `other${number}-${more}` })); // never up
    const [host, side] = [this.#lab.host(`pod${number}`), `pod${number}`];
    wire(node, side, host, 'eth0');
    node.enslave(side, BRIDGE);
    host.address('eth0', ...on('pods', number));
    routeDefault(host, at('pods', 1));
    return { host, side, address: at('pods', number)[4] };
  }
}

/** Everything is granted, ten seconds ahead; the few nanoseconds more make each pod's policy a row of its own. */
export function policyOf(pod: number): Policy {
  return {
    allow: Array.from({ length: 15 }, (_, priority) => priority + 1),
    remap: {},
    horizonNs: 10_000_000_000n + BigInt(pod),
  };
}

function leaving({ host }: Pod): Hook {
  return { host, device: 'eth0', direction: 'egress' };
}
