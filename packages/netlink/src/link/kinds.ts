import { type BridgeData, type BridgeSpec, bridge } from './bridge.ts';
import { type DummySpec, dummy } from './dummy.ts';
import { type IfbSpec, ifb } from './ifb.ts';
import type { LinkKind } from './kind.ts';
import { type VethSpec, veth } from './veth.ts';
import { type VxlanData, type VxlanSpec, vxlan } from './vxlan.ts';

/** A link to be made; `kind` says which other fields there are. */
export type LinkSpec = VethSpec | BridgeSpec | VxlanSpec | DummySpec | IfbSpec;

/** What the kernel tells of a link beyond what all links have; bytes for a kind that has no file here. */
export type LinkData = BridgeData | VxlanData | Uint8Array;

/** The kinds that have a file. */
export const linkKinds: ReadonlyMap<string, LinkKind<LinkSpec, unknown>> = new Map(
  [veth, bridge, vxlan, dummy, ifb].map((row) => [row.kind, row as LinkKind<LinkSpec, unknown>]),
);
