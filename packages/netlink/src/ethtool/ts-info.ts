import { nest, u32 } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import type { NetlinkRequest } from '../request.ts';
import { bitset, setBits } from './bitset.ts';
import { type EthtoolTarget, ethtoolAttrs, ethtoolQuery } from './message.ts';

/** How an interface can stamp packets with times; the names are ethtool's. */
export interface TsInfo {
  /** hardware-transmit, hardware-raw-clock, software-receive ... */
  readonly timestamping: readonly string[];
  /** off, on, one-step-sync ... */
  readonly txTypes: readonly string[];
  /** none, all, ptpv2-event ... */
  readonly rxFilters: readonly string[];
  /** Its clock is /dev/ptp<phcIndex>; not there where it has none. */
  readonly phcIndex?: number;
}

/** What an interface can stamp, and which PTP clock is its own. Equivalent to: ethtool -T NAME */
export function getTsInfo(target: EthtoolTarget): NetlinkRequest<TsInfo> {
  return ethtoolQuery(target, { command: ETHTOOL_MSG_TSINFO_GET, option: '-T ' }, tsInfo, (attrs) =>
    compact({
      timestamping: setBits(attrs.timestamping),
      txTypes: setBits(attrs.txTypes),
      rxFilters: setBits(attrs.rxFilters),
      phcIndex: attrs.phcIndex,
    }),
  );
}

// ETHTOOL_A_TSINFO_* in linux/ethtool_netlink.h
const tsInfo = ethtoolAttrs({
  timestamping: [2, nest(bitset)],
  txTypes: [3, nest(bitset)],
  rxFilters: [4, nest(bitset)],
  phcIndex: [5, u32],
});

const ETHTOOL_MSG_TSINFO_GET = 25; // linux/ethtool_netlink.h
