import { attrs, be16, bytes, type Infer, mapped, struct, u8, u16, u32, u64 } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import { hardwareAddress } from '../hardware-address.ts';
import type { CommonLinkSpec, LinkKind } from './kind.ts';

/** A switch in software. Times are in hundredths of a second, as in ip(8). */
export interface BridgeSpec extends CommonLinkSpec {
  readonly kind: 'bridge';
  readonly vlanFiltering?: boolean;
  readonly stp?: boolean;
  readonly forwardDelay?: number;
}

/** struct ifla_bridge_id: a priority and an address, `8000.02:00:00:00:00:01`. */
const bridgeId = mapped(
  bytes(8),
  (raw) => `${toHex(raw.subarray(0, 2), '')}.${toHex(raw.subarray(2), ':')}`,
  (text, fail) =>
    /^[0-9a-f]{4}\.[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text)
      ? Uint8Array.from(text.match(/[0-9a-f]{2}/g) ?? [], (byte) => Number.parseInt(byte, 16))
      : fail(`${JSON.stringify(text)} is not the id of a bridge, such as 8000.02:00:00:00:00:01`),
);

// IFLA_BR_* in linux/if_link.h; timers and intervals are in hundredths of a second
const data = attrs({
  forwardDelay: [1, u32],
  helloTime: [2, u32],
  maxAge: [3, u32],
  ageingTime: [4, u32],
  stpState: [5, u32],
  priority: [6, u16],
  vlanFiltering: [7, u8],
  vlanProtocol: [8, be16],
  groupFwdMask: [9, u16],
  rootId: [10, bridgeId],
  bridgeId: [11, bridgeId],
  rootPort: [12, u16],
  rootPathCost: [13, u32],
  topologyChange: [14, u8],
  topologyChangeDetected: [15, u8],
  helloTimer: [16, u64],
  tcnTimer: [17, u64],
  topologyChangeTimer: [18, u64],
  gcTimer: [19, u64],
  groupAddr: [20, hardwareAddress],
  mcastRouter: [22, u8],
  mcastSnooping: [23, u8],
  mcastQueryUseIfaddr: [24, u8],
  mcastQuerier: [25, u8],
  mcastHashElasticity: [26, u32],
  mcastHashMax: [27, u32],
  mcastLastMemberCnt: [28, u32],
  mcastStartupQueryCnt: [29, u32],
  mcastLastMemberIntvl: [30, u64],
  mcastMembershipIntvl: [31, u64],
  mcastQuerierIntvl: [32, u64],
  mcastQueryIntvl: [33, u64],
  mcastQueryResponseIntvl: [34, u64],
  mcastStartupQueryIntvl: [35, u64],
  nfCallIptables: [36, u8],
  nfCallIp6tables: [37, u8],
  nfCallArptables: [38, u8],
  vlanDefaultPvid: [39, u16],
  vlanStatsEnabled: [41, u8],
  mcastStatsEnabled: [42, u8],
  mcastIgmpVersion: [43, u8],
  mcastMldVersion: [44, u8],
  vlanStatsPerPort: [45, u8],
  // BR_BOOLOPT_* in linux/if_bridge.h: 1 no_linklocal_learn, 2 mcast_vlan_snooping, 4 mst_enabled
  boolOptions: [46, struct({ value: u32, mask: u32 })],
  fdbNLearned: [48, u32],
  fdbMaxLearned: [49, u32],
});

function toHex(raw: Uint8Array, between: string): string {
  return Array.from(raw, (byte) => byte.toString(16).padStart(2, '0')).join(between);
}

export type BridgeData = Infer<typeof data>;

export const bridge: LinkKind<BridgeSpec, BridgeData> = {
  kind: 'bridge',
  data,
  fields: { stpState: 'stp' },
  encode: (spec) => {
    const options = compact({
      vlanFiltering: bit(spec.vlanFiltering),
      stpState: bit(spec.stp),
      forwardDelay: spec.forwardDelay,
    });
    return Object.keys(options).length > 0 ? options : undefined;
  },
  words: (spec) =>
    Object.entries(
      compact({
        vlan_filtering: bit(spec.vlanFiltering),
        stp_state: bit(spec.stp),
        forward_delay: spec.forwardDelay,
      }),
    ).flat(),
};

function bit(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
