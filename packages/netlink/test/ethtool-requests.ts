import {
  getChannels,
  getFeatures,
  getLinkModes,
  getLinkState,
  getTsInfo,
  type NetlinkRequest,
  setChannels,
  setFeatures,
} from '../src/index.ts';
import { ETHTOOL } from './ethtool-captures.ts';

const v0 = { family: ETHTOOL, name: 'v0' };

/** The request that says the same as the command in testdata/<name>.hex: ethtool. */
export const ethtoolRequests: Record<string, NetlinkRequest<unknown>> = {
  'ethtool-channels': getChannels(v0),
  'ethtool-set-channels': setChannels({ ...v0, rx: 1, tx: 2 }),
  'ethtool-set-channels-combined': setChannels({ ...v0, combined: 4 }),
  'ethtool-features': getFeatures(v0),
  'ethtool-set-features': setFeatures({
    ...v0,
    features: { 'tx-udp-segmentation': false, 'rx-gro-list': true },
  }),
  'ethtool-ts-info': getTsInfo(v0),
  'ethtool-link-modes': getLinkModes(v0),
  'ethtool-link-state': getLinkState(v0),
};
