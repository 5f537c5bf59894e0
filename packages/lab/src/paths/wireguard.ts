import { generateKeyPairSync } from 'node:crypto';
import { NetlinkSocket } from '@tsnctl/linux';
import { getGenlFamily, setWireguard } from '@tsnctl/netlink';
import { at, FAMILIES, prefixes } from '../addresses.ts';
import type { Host } from '../host.ts';
import { type Ends, layOverlay, TUNNEL } from './overlay.ts';
import type { Path } from './path.ts';

const NETLINK_GENERIC = 16; // linux/netlink.h
const PORT = 51820;
const MTU = 1420;

/** An encrypted overlay: the NIC's packets have the inner packet's metadata, and nobody can read them. */
export const wireguard: Path = {
  name: 'wireguard',
  title: 'bridge, routed, WireGuard',
  usedBy: ['Flannel', 'Calico', 'Cilium', 'Kilo'],
  pod: 'client',
  neighbour: 'pods',
  encryptsAt: TUNNEL,
  segmented: true,
  lay(stage) {
    const { node, outside } = stage;
    const target = layOverlay(stage, () => ({ kind: 'wireguard', name: TUNNEL, mtu: MTU }));
    const [here, there] = [keys(), keys()];
    const [local, remote] = [at('nic', 1)[4], at('nic', 2)[4]];
    meet(node, here.privateKey, there.publicKey, { local, remote });
    meet(outside, there.privateKey, here.publicKey, { local: remote, remote: local });
    return target;
  },
};

function meet(host: Host, privateKey: string, publicKey: string, { remote }: Ends): void {
  using socket = NetlinkSocket.open({ netns: host.netns, protocol: NETLINK_GENERIC });
  const [family] = socket.request(getGenlFamily({ name: 'wireguard' }));
  const allowedIps = FAMILIES.flatMap((ip) =>
    (['tunnel', 'pods', 'remote'] as const).map((network) => prefixes(network)[ip]),
  );
  const peers = [{ publicKey, endpoint: `${remote}:${PORT}`, allowedIps }];
  socket.request(
    setWireguard({ family: family?.id ?? 0, name: TUNNEL, privateKey, listenPort: PORT, peers }),
  );
}

/** A pair of keys as wg(8) writes them: the last 32 bytes of what the standard wraps them in (RFC 8410). */
function keys(): { privateKey: string; publicKey: string } {
  const pair = generateKeyPairSync('x25519');
  const raw = (der: Buffer) => der.subarray(-32).toString('base64');
  return {
    privateKey: raw(pair.privateKey.export({ type: 'pkcs8', format: 'der' })),
    publicKey: raw(pair.publicKey.export({ type: 'spki', format: 'der' })),
  };
}
