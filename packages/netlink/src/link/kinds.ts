import { type BondData, type BondSpec, bond } from './bond.ts';
import { type BridgeData, type BridgeSpec, bridge } from './bridge.ts';
import { type DummySpec, dummy } from './dummy.ts';
import { type GeneveData, type GeneveSpec, geneve } from './geneve.ts';
import { type GreData, type GreSpec, gre } from './gre.ts';
import { gretap } from './gretap.ts';
import { type IfbSpec, ifb } from './ifb.ts';
import { type IpipData, type IpipSpec, ipip } from './ipip.ts';
import { type IpvlanData, type IpvlanSpec, ipvlan } from './ipvlan.ts';
import type { LinkKind } from './kind.ts';
import { type MacvlanData, type MacvlanSpec, macvlan } from './macvlan.ts';
import { type NetkitData, type NetkitSpec, netkit } from './netkit.ts';
import { type VethSpec, veth } from './veth.ts';
import { type VlanData, type VlanSpec, vlan } from './vlan.ts';
import { type VxlanData, type VxlanSpec, vxlan } from './vxlan.ts';
import { type WireguardSpec, wireguard } from './wireguard.ts';

/** A link to be made; `kind` says which other fields there are. */
export type LinkSpec =
  | BondSpec
  | BridgeSpec
  | DummySpec
  | GeneveSpec
  | GreSpec
  | IfbSpec
  | IpipSpec
  | IpvlanSpec
  | MacvlanSpec
  | NetkitSpec
  | VethSpec
  | VlanSpec
  | VxlanSpec
  | WireguardSpec;

/** What the kernel tells of a link beyond what all links have; bytes for a kind that has no file here. */
export type LinkData =
  | BondData
  | BridgeData
  | GeneveData
  | GreData
  | IpipData
  | IpvlanData
  | MacvlanData
  | NetkitData
  | VlanData
  | VxlanData
  | Uint8Array;

/** The kinds that have a file. */
export const linkKinds: ReadonlyMap<string, LinkKind<LinkSpec, unknown>> = new Map(
  [
    bond,
    bridge,
    dummy,
    geneve,
    gre,
    gretap,
    ifb,
    ipip,
    ipvlan,
    macvlan,
    netkit,
    veth,
    vlan,
    vxlan,
    wireguard,
  ].map((row) => [row.kind, row as LinkKind<LinkSpec, unknown>]),
);
