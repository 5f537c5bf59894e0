import { getGenlFamily, type NetlinkRequest, setWireguard } from '../src/index.ts';

const family = 0x23; // as in the golden bytes; see reply-6.12-family.hex

/** The request that says the same as the command in testdata/<name>.hex: WireGuard. The keys are those of its documentation. */
export const wireguardRequests: Record<string, NetlinkRequest<unknown>> = {
  'wireguard-family': getGenlFamily({ name: 'wireguard' }),
  'wireguard-set': setWireguard({
    family,
    name: 'wg0',
    listenPort: 51820,
    privateKey: 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=',
    peers: [
      {
        publicKey: 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=',
        presharedKey: '/UwcSPg38hW/D9Y3tcS1FOV0K1wuURMbS0sesJEP5ak=',
        endpoint: '10.0.0.2:51821',
        persistentKeepaliveS: 25,
        allowedIps: ['10.1.0.0/16', 'fd01::/64'],
      },
    ],
  }),
  'wireguard-set-peers': setWireguard({
    family,
    name: 'wg0',
    fwmark: 7,
    peers: [
      {
        publicKey: 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=',
        endpoint: '[fd00::2]:51821',
        allowedIps: ['0.0.0.0/0'],
      },
      { publicKey: 'TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=', remove: true },
    ],
  }),
};
