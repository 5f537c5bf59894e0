import { u8, u32 } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import type { NetlinkRequest } from '../request.ts';
import { type EthtoolTarget, ethtoolAttrs, ethtoolQuery } from './message.ts';

/** Whether an interface has a link, and what is known of it. */
export interface LinkState {
  readonly link: boolean;
  /** Signal quality, from 0 to `sqiMax`. */
  readonly sqi?: number;
  readonly sqiMax?: number;
  /** Why there is no link: ETHTOOL_LINK_EXT_STATE_*, 0 autonegotiation, 4 no cable ... */
  readonly extState?: number;
}

/** Whether an interface has a link. Equivalent to: ethtool NAME */
export function getLinkState(target: EthtoolTarget): NetlinkRequest<LinkState> {
  return ethtoolQuery(target, { command: ETHTOOL_MSG_LINKSTATE_GET }, linkState, (attrs) =>
    compact({
      link: attrs.link === 1,
      sqi: attrs.sqi,
      sqiMax: attrs.sqiMax,
      extState: attrs.extState,
    }),
  );
}

// ETHTOOL_A_LINKSTATE_* in linux/ethtool_netlink.h
const linkState = ethtoolAttrs({ link: [2, u8], sqi: [3, u32], sqiMax: [4, u32], extState: [5, u8] });

const ETHTOOL_MSG_LINKSTATE_GET = 6; // linux/ethtool_netlink.h
