import type { Capture, ReplyCapture } from './captures.ts';

/** The protocol's number in the golden files, and the commands' in linux/ethtool_netlink.h. */
export const ETHTOOL = 0x15;
const LINKMODES_GET = 4;
const LINKSTATE_GET = 6;
const FEATURES_GET = 11;
const FEATURES_SET = 12;
const CHANNELS_GET = 17;
const CHANNELS_SET = 18;
const TSINFO_GET = 25;

const after = ['ip link add v0 numtxqueues 4 numrxqueues 4 type veth peer name v1'];
const up = [...after, 'ip link set v1 up', 'ip link set v0 up'];

/** `ethtool v0` sends many: `genl` says which. */
export const ethtoolRequests: Readonly<Record<string, Capture>> = {
  'ethtool-channels': { command: 'ethtool -l v0', after, genl: CHANNELS_GET },
  'ethtool-set-channels': { command: 'ethtool -L v0 rx 1 tx 2', after, genl: CHANNELS_SET },
  'ethtool-set-channels-combined': { command: 'ethtool -L v0 combined 4', after, genl: CHANNELS_SET },
  'ethtool-features': { command: 'ethtool -k v0', after, genl: FEATURES_GET },
  'ethtool-set-features': {
    command: 'ethtool -K v0 tx-udp-segmentation off rx-gro-list on',
    after,
    genl: FEATURES_SET,
  },
  'ethtool-ts-info': { command: 'ethtool -T v0', after, genl: TSINFO_GET },
  'ethtool-link-modes': { command: 'ethtool v0', after, genl: LINKMODES_GET },
  'ethtool-link-state': { command: 'ethtool v0', after, genl: LINKSTATE_GET },
};

/** What ethtool reads of them is beside them, in testdata/<name>.txt. */
export const ethtoolReplies: Readonly<Record<string, ReplyCapture>> = {
  'reply-ethtool-channels': { command: 'ethtool -l v0', after, asks: ETHTOOL, genl: CHANNELS_GET },
  'reply-ethtool-ts-info': { command: 'ethtool -T v0', after, asks: ETHTOOL, genl: TSINFO_GET },
  'reply-ethtool-link-modes': { command: 'ethtool v0', after: up, asks: ETHTOOL, genl: LINKMODES_GET },
  'reply-ethtool-link-state': { command: 'ethtool v0', after: up, asks: ETHTOOL, genl: LINKSTATE_GET },
  'reply-ethtool-refused': { command: 'ethtool -L v0 rx 9', after, asks: ETHTOOL, genl: CHANNELS_SET },
  'reply-ethtool-down': { command: 'ethtool v0', after, asks: ETHTOOL, genl: LINKSTATE_GET },
};
