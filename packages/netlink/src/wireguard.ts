import {
  attrs,
  be16,
  bytes,
  type Codec,
  cstring,
  type Infer,
  list,
  mapped,
  nest,
  pad,
  type SizedCodec,
  struct,
  u8,
  u16,
  u32,
} from '@tsnctl/codec';
import { genlChange } from './genl.ts';
import { addressFamily, formatIp, ipAddress, parseIp, parsePrefix } from './ip.ts';
import type { NetlinkRequest } from './request.ts';
import { word, words } from './words.ts';

/** The other end of a WireGuard tunnel. Keys are in base64, as wg(8) writes them. */
export interface WireguardPeer {
  readonly publicKey: string;
  readonly presharedKey?: string;
  /** Where its packets go: `10.0.0.2:51820`, `[fd00::2]:51820`. */
  readonly endpoint?: string;
  /** How often it is sent something, so that a NAT stays open; 0 is never. */
  readonly persistentKeepaliveS?: number;
  /** Prefixes that are behind it, in the place of those it had. */
  readonly allowedIps?: readonly string[];
  readonly remove?: boolean;
}

/** What a WireGuard interface is to be; what is not said stays. */
export interface WireguardConfig {
  /** The number of the protocol `wireguard`: from getGenlFamily({ name: 'wireguard' }). */
  readonly family: number;
  /** The interface. */
  readonly name: string;
  readonly privateKey?: string;
  readonly listenPort?: number;
  readonly fwmark?: number;
  /** Peers that are not named go. */
  readonly replacePeers?: boolean;
  readonly peers?: readonly WireguardPeer[];
}

/** Configure a WireGuard interface. Equivalent to: wg set NAME listen-port ... private-key FILE peer ... */
export function setWireguard(config: WireguardConfig): NetlinkRequest<void> {
  const { family, name, privateKey, listenPort, fwmark, replacePeers, peers } = config;
  const place = { family, command: WG_CMD_SET_DEVICE, version: WG_GENL_VERSION };
  return genlChange(equivalentOf(config), place, device, {
    name,
    privateKey,
    listenPort,
    fwmark,
    flags: replacePeers ? WGDEVICE_F_REPLACE_PEERS : undefined,
    peers: peers?.map(peerAttributes),
  });
}

function peerAttributes(spec: WireguardPeer): Infer<typeof peer> {
  const { publicKey, presharedKey, endpoint, persistentKeepaliveS, allowedIps, remove } = spec;
  const flags =
    (remove ? WGPEER_F_REMOVE_ME : 0) | (allowedIps === undefined ? 0 : WGPEER_F_REPLACE_ALLOWEDIPS);
  return {
    publicKey,
    presharedKey,
    endpoint,
    persistentKeepaliveS,
    flags: flags || undefined,
    allowedIps: allowedIps?.map((text) => {
      const { family, address, length } = parsePrefix(text);
      return { family: addressFamily[family], address, length };
    }),
  };
}

/** Keys are not shown: wg(8) too takes them from files. */
function equivalentOf({ name, privateKey, listenPort, fwmark, peers = [] }: WireguardConfig): string {
  return [
    'wg set',
    name,
    ...words({ 'listen-port': listenPort, fwmark, 'private-key': privateKey && 'private' }),
    ...peers.flatMap((it) => [
      'peer',
      it.publicKey,
      ...words({
        'preshared-key': it.presharedKey && 'shared',
        endpoint: it.endpoint,
        'persistent-keepalive': it.persistentKeepaliveS,
        'allowed-ips': it.allowedIps?.join(','),
      }),
      ...word('remove', it.remove),
    ]),
  ].join(' ');
}

/** WG_KEY_LEN bytes, as base64. */
const key: SizedCodec<string> = mapped(
  bytes(32),
  (raw) => btoa(String.fromCharCode(...raw)),
  (text, fail) => {
    // 32 bytes are 43 digits and a sign that fills up; the last digit has two bits to spare
    if (typeof text !== 'string' || !/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(text)) {
      return fail('a key is 32 bytes in base64, as of: wg genkey'); // without the key: it may be a secret
    }
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  },
);

// struct sockaddr_in and sockaddr_in6 in linux/in.h and linux/in6.h
const address4 = struct({ family: u16, port: be16, address: bytes(4), _zero: pad(8) });
const address6 = struct({ family: u16, port: be16, flowinfo: u32, address: bytes(16), scope: u32 });

/** `10.0.0.2:51820` or `[fd00::2]:51820`. */
const endpoint: Codec<string> = {
  size: undefined,
  align: 4,
  read: (reader) => {
    if (reader.remaining < address6.size) {
      const { address, port } = address4.read(reader);
      return `${formatIp(address)}:${port}`;
    }
    const { address, port } = address6.read(reader);
    return `[${formatIp(address)}]:${port}`;
  },
  write: (writer, text) => {
    const [, six, four, port] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d{1,5})$/i.exec(text) ?? [];
    if (port === undefined) {
      writer.fail(`${JSON.stringify(text)} is no endpoint, such as 10.0.0.2:51820 or [fd00::2]:51820`);
    }
    const address = parseIp(six ?? four ?? '');
    if (address.length === 4)
      address4.write(writer, { family: addressFamily[4], port: Number(port), address });
    else {
      const family = addressFamily[6];
      address6.write(writer, { family, port: Number(port), flowinfo: 0, address, scope: 0 });
    }
  },
};

const allowedIp = attrs({ family: [1, u16], address: [2, ipAddress], length: [3, u8] }); // WGALLOWEDIP_A_*

// WGPEER_A_* in linux/wireguard.h
const peer = attrs({
  publicKey: [1, key],
  presharedKey: [2, key],
  flags: [3, u32],
  endpoint: [4, endpoint],
  persistentKeepaliveS: [5, u16],
  allowedIps: [9, nest(list(nest(allowedIp), 0))],
});

// WGDEVICE_A_* in linux/wireguard.h
const device = attrs({
  name: [2, cstring],
  privateKey: [3, key],
  flags: [5, u32],
  listenPort: [6, u16],
  fwmark: [7, u32],
  peers: [8, nest(list(nest(peer), 0))],
});

// linux/wireguard.h
const WG_GENL_VERSION = 1;
const WG_CMD_SET_DEVICE = 1;
const WGDEVICE_F_REPLACE_PEERS = 1;
const WGPEER_F_REMOVE_ME = 1;
const WGPEER_F_REPLACE_ALLOWEDIPS = 2;
