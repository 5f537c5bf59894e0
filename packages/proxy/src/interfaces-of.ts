import type { Link, Qdisc } from '@tsnctl/netlink';
import type { Interface } from './model.ts';

/** The interfaces of a namespace, as far as the proxy is concerned. */
export function interfacesOf(links: readonly Link[], qdiscs: readonly Qdisc[]): Interface[] {
  const byIndex = Map.groupBy(qdiscs, ({ index }) => index);
  return links.map((link) =>
    observedInterface(
      link,
      (byIndex.get(link.index) ?? []).map(({ kind }) => kind),
    ),
  );
}

export function observedInterface(link: Link, qdiscs: readonly string[]): Interface {
  const { index: ifindex, name, kind } = link;
  return { ifindex, name, kind, podSide: isPodSide(link), qdiscs };
}

const PAIRED = new Set(['veth', 'netkit']);

/** The peer of a pod's host side lies in another namespace. */
export function isPodSide(link: Link): boolean {
  return PAIRED.has(link.kind ?? '') && link.linkNetnsid !== undefined;
}
