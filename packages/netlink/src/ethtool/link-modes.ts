import { nest, u8, u32 } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import type { NetlinkRequest } from '../request.ts';
import { bitset, maskedBits, setBits } from './bitset.ts';
import { type EthtoolTarget, ethtoolAttrs, ethtoolQuery } from './message.ts';

/** How fast an interface is, and how fast it could be. */
export interface LinkModes {
  /** In Mbit/s; not there while it is unknown, as without a carrier. */
  readonly speedMbps?: number;
  readonly duplex?: 'half' | 'full';
  readonly autoneg: boolean;
  readonly lanes?: number;
  /** The kernel's names: 1000baseT/Full, TP, Autoneg ... */
  readonly supported: readonly string[];
  readonly advertised: readonly string[];
  /** What the other end advertises. */
  readonly peer: readonly string[];
}

/** The speed of an interface. Equivalent to: ethtool NAME */
export function getLinkModes(target: EthtoolTarget): NetlinkRequest<LinkModes> {
  return ethtoolQuery(target, { command: ETHTOOL_MSG_LINKMODES_GET }, linkModes, (attrs) =>
    compact({
      speedMbps: attrs.speed === SPEED_UNKNOWN ? undefined : attrs.speed,
      duplex: attrs.duplex === undefined ? undefined : duplexes[attrs.duplex],
      autoneg: attrs.autoneg === 1,
      lanes: attrs.lanes || undefined,
      supported: maskedBits(attrs.ours),
      advertised: setBits(attrs.ours),
      peer: setBits(attrs.peer),
    }),
  );
}

// ETHTOOL_A_LINKMODES_* in linux/ethtool_netlink.h
const linkModes = ethtoolAttrs({
  autoneg: [2, u8],
  ours: [3, nest(bitset)],
  peer: [4, nest(bitset)],
  speed: [5, u32],
  duplex: [6, u8],
  lanes: [9, u32],
});

const ETHTOOL_MSG_LINKMODES_GET = 4; // linux/ethtool_netlink.h

// SPEED_UNKNOWN and DUPLEX_* in linux/ethtool.h
const SPEED_UNKNOWN = 0xffff_ffff;
const duplexes = ['half', 'full'] as const;
