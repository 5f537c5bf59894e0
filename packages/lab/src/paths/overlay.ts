import type { LinkSpec } from '@tsnctl/netlink';
import { type Addresses, at, FAMILIES, type Family, on, prefixes } from '../addresses.ts';
import { addressNic, bridgePod, type Stage } from '../stage.ts';

/** The outer addresses of a tunnel, as one of its ends needs them. */
export interface Ends {
  local: string;
  remote: string;
}

/** Name of the tunnel's device, at both ends. */
export const TUNNEL = 'tun0';

/** A routed overlay: pods on a bridge, the way to the other node's pods through a tunnel. */
export function layOverlay(
  stage: Stage,
  link: (ends: Ends) => LinkSpec,
  families: readonly Family[] = FAMILIES,
): Addresses {
  const { node, outside } = stage;
  addressNic(stage);
  bridgePod(stage);
  const [here, there] = [at('nic', 1)[4], at('nic', 2)[4]];
  node.add(link({ local: here, remote: there }));
  outside.add(link({ local: there, remote: here }));
  node.address(TUNNEL, ...on('tunnel', 1));
  outside.address(TUNNEL, ...on('tunnel', 2), ...on('remote', 2));
  for (const family of families) {
    node.route(prefixes('remote')[family], { via: at('tunnel', 2)[family] });
    outside.route(prefixes('pods')[family], { via: at('tunnel', 1)[family] });
  }
  return at('remote', 2);
}
