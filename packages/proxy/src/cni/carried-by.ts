import type { IpvlanData, Link } from '@tsnctl/netlink';

/** Pairs: what comes out at the other end is a packet that came in there, without its metadata. */
export const PAIRED: ReadonlySet<string> = new Set(['veth', 'netkit']);
/** What they send leaves by a device of the node without passing its network: the kernel keeps the metadata. */
const NATIVE = new Set(['macvlan', 'macvtap', 'vlan']);

/** Who gets the metadata of what a container's interface sends to the NIC: our programs, the kernel itself, nobody. */
export function carriedBy({ kind, data }: Pick<Link, 'kind' | 'data'>): 'programs' | 'itself' | 'nothing' {
  // Whoever made a virtual interface named its kind. One without is a NIC, or a virtual function of one.
  if (kind === undefined || NATIVE.has(kind)) return 'itself';
  if (kind === 'ipvlan') return (data as IpvlanData | undefined)?.mode === 'l2' ? 'itself' : 'nothing';
  return PAIRED.has(kind) ? 'programs' : 'nothing';
}
