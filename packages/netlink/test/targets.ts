import type { FuzzTarget } from '../../codec/test/fuzz.ts';
import {
  decodeEvent,
  decodeLink,
  decodeNetlinkError,
  getChannels,
  getFeatures,
  getGenlFamily,
  getLinkModes,
  getLinkState,
  getTsInfo,
  listAddresses,
  listClasses,
  listFilters,
  listQdiscs,
  listRoutes,
  messages,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '../src/index.ts';
import { ETHTOOL } from './ethtool-captures.ts';
import { golden, goldenNames } from './golden.ts';

const v0 = { family: ETHTOOL, name: 'v0' };

/** What each decoder is fed with: mutants of the bodies of these answers. */
const decoders = {
  links: { from: 'reply-links', decode: decodeLink },
  addresses: { from: 'reply-addresses', decode: listAddresses().decode },
  routes: { from: 'reply-routes', decode: listRoutes({ family: 4 }).decode },
  qdiscs: { from: 'reply-qdiscs', decode: listQdiscs().decode },
  'guest links': { from: 'reply-6.12-links', decode: decodeLink },
  'guest qdiscs': { from: 'reply-6.12-options', decode: listQdiscs().decode },
  taprio: { from: 'reply-6.12-taprio', decode: listQdiscs().decode },
  mqprio: { from: 'reply-6.12-mqprio', decode: listQdiscs().decode },
  classes: { from: 'reply-6.12-mqprio-classes', decode: listClasses({ index: 3 }).decode },
  families: { from: 'reply-6.12-family', decode: getGenlFamily({ name: 'wireguard' }).decode },
  filters: { from: 'reply-filters', decode: listFilters({ index: 1, hook: 'egress' }).decode },
  shapers: { from: 'reply-json-qdiscs', decode: listQdiscs().decode },
  'shaped classes': { from: 'reply-json-classes', decode: listClasses({ index: 3 }).decode },
  matchall: { from: 'reply-6.12-filters', decode: listFilters({ index: 3, hook: 0x1_0000 }).decode },
  'bridge and vxlan': { from: 'reply-json-links', decode: decodeLink },
  'addresses with options': { from: 'reply-json-addresses', decode: listAddresses().decode },
  'routes with options': { from: 'reply-json-routes-6', decode: listRoutes({ family: 6 }).decode },
  channels: { from: 'reply-ethtool-channels', decode: getChannels(v0).decode },
  features: { from: 'reply-ethtool-ts-info', decode: getFeatures(v0).decode },
  'link modes': { from: 'reply-ethtool-link-modes', decode: getLinkModes(v0).decode },
  'link state': { from: 'reply-ethtool-link-state', decode: getLinkState(v0).decode },
  'timestamping info': { from: 'reply-ethtool-ts-info', decode: getTsInfo(v0).decode },
  errors: {
    from: 'reply-error-policy',
    decode: (body: Uint8Array) =>
      decodeNetlinkError({ type: NLMSG_ERROR, flags: (body.length & 3) << 8, body }),
  },
  ends: {
    from: 'reply-ack',
    decode: (body: Uint8Array) => decodeNetlinkError({ type: NLMSG_DONE, flags: 0x200, body }),
  },
};

export const crashers = new URL('../testdata/crashers/', import.meta.url);

export const targets: readonly FuzzTarget[] = [
  ...Object.entries(decoders).map(([name, { from, decode }]) => ({
    name,
    share: 1_550,
    seeds: datagrams(from).flatMap((datagram) => [...messages(datagram)].map(({ body }) => body)),
    run: decode,
  })),
  {
    name: 'events',
    share: 2_700,
    seeds: ['reply-links', 'reply-qdiscs', 'reply-routes'].flatMap((name) =>
      datagrams(name).flatMap((datagram) =>
        [...messages(datagram)].map(({ type, body }) => new Uint8Array([type, ...body])),
      ),
    ),
    run: ([type = 0, ...body]) => decodeEvent({ type, body: new Uint8Array(body) }),
  },
  {
    name: 'datagrams',
    share: 6_900,
    seeds: goldenNames().flatMap(datagrams),
    run: (input) => [...messages(input)],
  },
];

function datagrams(name: string): readonly Uint8Array[] {
  return golden(name).datagrams;
}
