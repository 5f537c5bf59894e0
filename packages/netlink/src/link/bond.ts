import { attrs, type Infer, list, nest, u8, u16, u32 } from '@tsnctl/codec';
import { hardwareAddress } from '../hardware-address.ts';
import { ipAddress } from '../ip.ts';
import { type Named, named } from '../named.ts';
import { words } from '../words.ts';
import { dev } from './dev.ts';
import type { CommonLinkSpec, LinkKind } from './kind.ts';

/** BOND_MODE_* in linux/if_bonding.h */
const modes = {
  'balance-rr': 0,
  'active-backup': 1,
  'balance-xor': 2,
  broadcast: 3,
  '802.3ad': 4,
  'balance-tlb': 5,
  'balance-alb': 6,
} as const;

/** BOND_XMIT_POLICY_* in linux/if_bonding.h */
const hashPolicies = {
  layer2: 0,
  'layer3+4': 1,
  'layer2+3': 2,
  'encap2+3': 3,
  'encap3+4': 4,
  'vlan+srcmac': 5,
} as const;

/** AD_LACP_*, in the kernel's net/bond_3ad.h */
const lacpRates = { slow: 0, fast: 1 } as const;

/** BOND_FOM_*, in the kernel's net/bonding.h */
const failOverMacs = { none: 0, active: 1, follow: 2 } as const;

/** What a bond can be changed to, too. Ports are indices; a port must be in the bond before it is named here. */
export interface BondOptions {
  readonly mode?: keyof typeof modes;
  readonly activeSlave?: number;
  /** How often the carriers of the ports are looked at. */
  readonly miimonMs?: number;
  readonly updelayMs?: number;
  readonly downdelayMs?: number;
  readonly primary?: number;
  readonly failOverMac?: keyof typeof failOverMacs;
  /** What of a packet chooses its port. */
  readonly xmitHashPolicy?: keyof typeof hashPolicies;
  readonly minLinks?: number;
  readonly lacpRate?: keyof typeof lacpRates;
}

/** Several links as one. Its ports come by setLink({ index, master }), and must be down then. */
export interface BondSpec extends CommonLinkSpec, BondOptions {
  readonly kind: 'bond';
}

// IFLA_BOND_* in linux/if_link.h
const data = attrs({
  mode: [1, named(u8, modes)],
  activeSlave: [2, u32],
  miimonMs: [3, u32],
  updelayMs: [4, u32],
  downdelayMs: [5, u32],
  useCarrier: [6, u8],
  arpIntervalMs: [7, u32],
  arpIpTargets: [8, list(ipAddress)],
  arpValidate: [9, u32],
  arpAllTargets: [10, u32],
  primary: [11, u32],
  primaryReselect: [12, u8],
  failOverMac: [13, named(u8, failOverMacs)],
  xmitHashPolicy: [14, named(u8, hashPolicies)],
  resendIgmp: [15, u32],
  numPeerNotif: [16, u8],
  allSlavesActive: [17, u8],
  minLinks: [18, u32],
  lpIntervalS: [19, u32],
  packetsPerSlave: [20, u32],
  lacpRate: [21, named(u8, lacpRates)],
  adSelect: [22, u8],
  // IFLA_BOND_AD_INFO_*: of 802.3ad, when it has a partner
  adInfo: [
    23,
    nest(
      attrs({
        aggregator: [1, u16],
        numPorts: [2, u16],
        actorKey: [3, u16],
        partnerKey: [4, u16],
        partnerMac: [5, hardwareAddress],
      }),
    ),
  ],
  adActorSysPrio: [24, u16],
  adUserPortKey: [25, u16],
  adActorSystem: [26, hardwareAddress],
  tlbDynamicLb: [27, u8],
  peerNotifDelayMs: [28, u32],
  lacpActive: [29, u8],
  missedMax: [30, u8],
  coupledControl: [32, u8],
});

export type BondData = Infer<typeof data>;
export type BondMode = Named<typeof modes>;

export const bond: LinkKind<BondSpec, BondData> = {
  kind: 'bond',
  data,
  encode: (spec) => ({
    mode: spec.mode,
    activeSlave: spec.activeSlave,
    miimonMs: spec.miimonMs,
    updelayMs: spec.updelayMs,
    downdelayMs: spec.downdelayMs,
    primary: spec.primary,
    failOverMac: spec.failOverMac,
    xmitHashPolicy: spec.xmitHashPolicy,
    minLinks: spec.minLinks,
    lacpRate: spec.lacpRate,
  }),
  words: (spec) =>
    words({
      mode: spec.mode,
      active_slave: spec.activeSlave && dev(spec.activeSlave),
      miimon: spec.miimonMs,
      updelay: spec.updelayMs,
      downdelay: spec.downdelayMs,
      primary: spec.primary && dev(spec.primary),
      fail_over_mac: spec.failOverMac,
      xmit_hash_policy: spec.xmitHashPolicy,
      min_links: spec.minLinks,
      lacp_rate: spec.lacpRate,
    }),
};
