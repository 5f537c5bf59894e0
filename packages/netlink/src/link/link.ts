import { decode, type UnknownAttr } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import type { LinkData } from './kinds.ts';
import { type LinkMessage, linkMessage } from './message.ts';

/** A network interface as the kernel tells of it. Which fields are there depends on its kind. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** veth, bridge, vxlan ...; a NIC and lo have none. */
  readonly kind?: string;
  /** IFF_UP: somebody wants it up. */
  readonly up: boolean;
  /** IFF_RUNNING: it can carry packets. */
  readonly running: boolean;
  /** IFF_LOWER_UP: it has a carrier. */
  readonly lowerUp: boolean;
  readonly mtu: number;
  readonly address?: string;
  /** The index of the bridge or bond that it is a port of. */
  readonly master?: number;
  /** The index of its peer or of the device below; in the namespace `linkNetnsid`, if that is there. */
  readonly link?: number;
  readonly linkNetnsid?: number;
  readonly numTxQueues: number;
  readonly numRxQueues: number;
  /** The kind of its root qdisc. */
  readonly qdisc: string;
  /** RFC 2863: up, down, lowerlayerdown, dormant, unknown ... */
  readonly operstate: string;
  /** ARPHRD_*: 1 is Ethernet, 772 is lo. */
  readonly type: number;
  /** Where an XDP program runs: in the driver, behind it, on the NIC, or in several of these places. */
  readonly xdp?: XdpMode;
  readonly parentDevName?: string;
  readonly parentDevBusName?: string;
  /** The kind's own data. */
  readonly data?: LinkData;
  /** Of a port: bridge, bond ... */
  readonly portKind?: string;
  /** What is in IFLA_LINKINFO and not named here: among others what its master tells of it. */
  readonly infoUnknown?: readonly UnknownAttr[];
  readonly unknown?: readonly UnknownAttr[];
}

/** The body of an RTM_NEWLINK or RTM_DELLINK, answer or event, to the link that it tells of. @throws CodecError */
export function decodeLink(body: Uint8Array): Link {
  return linkOf(decode(linkMessage, body));
}

export function linkOf({ index, type, flags, attrs }: LinkMessage): Link {
  return compact({
    index,
    name: attrs.ifname ?? '',
    kind: attrs.info?.kind,
    up: (flags & IFF_UP) !== 0,
    running: (flags & IFF_RUNNING) !== 0,
    lowerUp: (flags & IFF_LOWER_UP) !== 0,
    mtu: attrs.mtu ?? 0,
    address: attrs.address,
    master: attrs.master,
    link: attrs.link,
    linkNetnsid: attrs.linkNetnsid,
    numTxQueues: attrs.numTxQueues ?? 1,
    numRxQueues: attrs.numRxQueues ?? 1,
    qdisc: attrs.qdisc ?? '',
    operstate: operstates[attrs.operstate ?? 0] ?? 'unknown',
    type,
    xdp: xdpModes[attrs.xdp?.attached ?? 0],
    parentDevName: attrs.parentDevName,
    parentDevBusName: attrs.parentDevBusName,
    data: attrs.info?.data as LinkData | undefined,
    portKind: attrs.info?.portKind,
    infoUnknown: attrs.info?.unknown,
    unknown: attrs.unknown,
  });
}

export type XdpMode = 'native' | 'generic' | 'offload' | 'multiple';

/** XDP_ATTACHED_* in linux/if_link.h */
const xdpModes: readonly (XdpMode | undefined)[] = [undefined, 'native', 'generic', 'offload', 'multiple'];

// IFF_* in linux/if.h
export const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
const IFF_LOWER_UP = 0x10000;

/** IF_OPER_* in linux/if.h */
const operstates = ['unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up'];
