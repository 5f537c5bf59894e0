import { describe, expect, it } from 'vitest';
import { answers } from '../test/golden.ts';
import { refused } from '../test/refused.ts';
import { getGenlFamily, setWireguard } from './index.ts';

const family = 35;
const publicKey = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=';

describe('getGenlFamily', () => {
  it('reads the number of a protocol', () => {
    const request = getGenlFamily({ name: 'wireguard' });
    expect(answers('reply-6.12-family', request)).toEqual([{ id: family, name: 'wireguard', version: 1 }]);
  });
});

describe('setWireguard', () => {
  it('does not show keys that are secret', () => {
    const secret = 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=';
    const peers = [{ publicKey, presharedKey: secret }];
    const { equivalent } = setWireguard({ family, name: 'wg0', privateKey: secret, peers });
    expect(equivalent).toBe(`wg set wg0 private-key private peer ${publicKey} preshared-key shared`);
    expect(refused(() => setWireguard({ family, name: 'wg0', privateKey: secret.slice(1) }))).toEqual([
      'attrs.privateKey: a key is 32 bytes in base64, as of: wg genkey',
    ]);
  });

  it('names what cannot be sent', () => {
    const withPeer = (peer: object) => () =>
      setWireguard({ family, name: 'wg0', peers: [{ publicKey, ...peer }] });
    expect(refused(withPeer({ endpoint: '10.0.0.2' }))).toEqual([
      'attrs.peers.0.endpoint: "10.0.0.2" is no endpoint, such as 10.0.0.2:51820 or [fd00::2]:51820',
    ]);
    expect(refused(withPeer({ endpoint: '10.0.0.2:70000' }))).toEqual([
      'attrs.peers.0.endpoint.port: 70000 is not an integer from 0 to 65535',
    ]);
    expect(refused(withPeer({ allowedIps: ['10.0.0.0/33'] }))).toEqual([
      '"10.0.0.0/33" is not an address and a prefix length, such as 10.0.0.1/24',
    ]);
    expect(refused(withPeer({ persistentKeepaliveS: 70_000 }))).toEqual([
      'attrs.peers.0.persistentKeepaliveS: 70000 is not an integer from 0 to 65535',
    ]);
  });
});
