import { attrs, be16, type Infer, list, struct, u16, u32 } from '@tsnctl/codec';
import { named } from '../named.ts';
import { refuse } from '../refuse.ts';
import { onOff, words } from '../words.ts';
import type { CommonLinkSpec, LinkKind } from './kind.ts';

/** The EtherType of the tag: ETH_P_8021Q and ETH_P_8021AD in linux/if_ether.h. */
const protocols = { '802.1Q': 0x8100, '802.1ad': 0x88a8 } as const;

/** From a priority to another: of a packet to the tag's PCP (egress), of the tag to a packet (ingress). */
export interface VlanQos {
  readonly from: number;
  readonly to: number;
}

/** What a VLAN can be changed to, too. */
export interface VlanOptions {
  readonly reorderHdr?: boolean;
  readonly gvrp?: boolean;
  readonly mvrp?: boolean;
  readonly looseBinding?: boolean;
  readonly bridgeBinding?: boolean;
  readonly ingressQos?: readonly VlanQos[];
  readonly egressQos?: readonly VlanQos[];
}

/** A VLAN (IEEE 802.1Q) of the device `link`. `id` is 0 to 4094; the protocol is 802.1Q unless told. */
export interface VlanSpec extends CommonLinkSpec, VlanOptions {
  readonly kind: 'vlan';
  readonly link: number;
  readonly id: number;
  readonly protocol?: keyof typeof protocols;
}

const qosMap = list(struct({ from: u32, to: u32 }), 1); // IFLA_VLAN_QOS_MAPPING in linux/if_link.h

// IFLA_VLAN_* in linux/if_link.h
const data = attrs({
  id: [1, u16],
  flags: [2, struct({ flags: u32, mask: u32 })],
  egressQos: [3, qosMap],
  ingressQos: [4, qosMap],
  protocol: [5, named(be16, protocols)],
});

export type VlanData = Infer<typeof data>;

export const vlan: LinkKind<VlanSpec, VlanData> = {
  kind: 'vlan',
  data,
  encode: (spec) => {
    checkId(spec.id);
    return {
      protocol: spec.protocol,
      id: spec.id,
      ingressQos: copy(spec.ingressQos),
      egressQos: copy(spec.egressQos),
      flags: flagsOf(spec),
    };
  },
  words: (spec) => [
    ...words({ protocol: spec.protocol, id: spec.id }),
    ...onOff({
      reorder_hdr: spec.reorderHdr,
      gvrp: spec.gvrp,
      mvrp: spec.mvrp,
      loose_binding: spec.looseBinding,
      bridge_binding: spec.bridgeBinding,
    }),
    ...mapWords('ingress-qos-map', spec.ingressQos),
    ...mapWords('egress-qos-map', spec.egressQos),
  ],
};

/** VLAN_FLAG_* in linux/if_vlan.h */
const flags = { reorderHdr: 0x1, gvrp: 0x2, looseBinding: 0x4, mvrp: 0x8, bridgeBinding: 0x10 } as const;

/** VLAN_VID_MASK in linux/if_vlan.h: reserved, like all above it. */
const RESERVED_ID = 4095;

/** A change leaves the id out. */
function checkId(id: number | undefined): void {
  if (id !== undefined && !(id >= 0 && id < RESERVED_ID)) {
    refuse('id', `${id} is not the id of a VLAN`, 'an id from 0 to 4094');
  }
}

function flagsOf(spec: VlanOptions): VlanData['flags'] {
  const named = Object.entries(flags).map(([name, bit]) => ({ bit, on: spec[name as keyof typeof flags] }));
  const mask = named.reduce((sum, { bit, on }) => (on === undefined ? sum : sum | bit), 0);
  return mask === 0
    ? undefined
    : { flags: named.reduce((sum, { bit, on }) => (on ? sum | bit : sum), 0), mask };
}

function copy(map: readonly VlanQos[] | undefined): VlanQos[] | undefined {
  return map && [...map];
}

function mapWords(name: string, map: readonly VlanQos[] | undefined): string[] {
  return map === undefined ? [] : [name, ...map.map(({ from, to }) => `${from}:${to}`)];
}
