import { describe, expect, it } from 'vitest';
import { answers } from '../../test/golden.ts';
import { addLink, decodeLink, listLinks, setLink } from '../index.ts';

const links = answers('reply-links', listLinks());
const link = (name: string) => links.find((candidate) => candidate.name === name);

describe('listLinks', () => {
  it('reads what is common to all links', () => {
    expect(links.map(({ name }) => name)).toEqual(['lo', 'v0', 'br0', 'vx0']);
    expect(link('lo')).toMatchObject({
      index: 1,
      up: true,
      lowerUp: true,
      mtu: 65536,
      qdisc: 'noqueue',
      operstate: 'unknown',
      type: 772,
    });
    expect(link('lo')).not.toHaveProperty('kind');
    expect(link('lo')).not.toHaveProperty('master');
  });

  it('tells where the peer of a veth is', () => {
    expect(link('v0')).toMatchObject({
      kind: 'veth',
      link: 2,
      linkNetnsid: 0,
      master: link('br0')?.index,
      up: true,
      lowerUp: false,
      operstate: 'down',
      numTxQueues: 4,
      qdisc: 'noqueue',
    });
    expect(link('v0')?.address).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  });

  it("reads each kind's own data", () => {
    expect(link('br0')?.data).toMatchObject({
      vlanFiltering: 0,
      stpState: 0,
      forwardDelay: 1500,
      priority: 0x8000,
    });
    expect(link('vx0')?.data).toMatchObject({
      id: 42,
      local: '10.0.0.1',
      remote: '10.0.0.2',
      port: 4789,
      link: 2,
    });
  });

  it('keeps what it has no name for', () => {
    const types = link('lo')?.unknown?.map(({ type }) => type);
    expect(types).toContain(23); // IFLA_STATS64
    expect(types).toContain(13); // IFLA_TXQLEN
  });

  it('leaves the data of a kind without a file as bytes', () => {
    const macsec =
      '00000000' +
      '07000000' +
      '00000000' +
      '00000000' +
      '1c0012000b0001006d616373656300000c0002000800020001000000';
    expect(decodeLink(Buffer.from(macsec, 'hex'))).toMatchObject({
      index: 7,
      kind: 'macsec',
      data: Uint8Array.of(8, 0, 2, 0, 1, 0, 0, 0),
    });
  });

  it('names the attribute that is broken', () => {
    const mtu3 = '00000000' + '01000000' + '00000000' + '00000000' + '0700040001020300';
    expect(() => decodeLink(Buffer.from(mtu3, 'hex'))).toThrow('attrs.mtu: needs 4 bytes, 3 are left');
    const stp3 = '1c001200' + '0a000100' + '6272696467650000' + '0c000200' + '0700050001020300';
    expect(() => decodeLink(Buffer.from(mtu3.slice(0, 32) + stp3, 'hex'))).toThrow(
      'attrs.info.data.stpState: needs 4 bytes, 3 are left',
    );
  });
});

describe('addLink and setLink', () => {
  it('names the field that cannot be sent', () => {
    expect(() => setLink({ index: 1, mtu: -1 })).toThrow(
      'attrs.mtu: -1 is not an integer from 0 to 4294967295',
    );
    expect(() => setLink({ index: 1, address: 'aa:bb:c' })).toThrow(
      'attrs.address: "aa:bb:c" is not a hardware address',
    );
    const vxlan = { kind: 'vxlan', name: 'vx0', id: 1, port: 70000 } as const;
    expect(() => addLink(vxlan)).toThrow('attrs.info.data.port: 70000 is not an integer from 0 to 65535');
    expect(() => addLink({ ...vxlan, port: 1, local: '10.0.0' })).toThrow(
      'attrs.info.data.local: "10.0.0" is not an IPv4',
    );
  });

  it('spells the whole equivalent', () => {
    const peer = { name: 'eth0', netnsFd: 5, numTxQueues: 2 };
    expect(addLink({ kind: 'veth', name: 'h0', mtu: 1400, up: true, peer }).equivalent).toBe(
      'ip link add h0 up mtu 1400 type veth peer name eth0 numtxqueues 2 netns /proc/self/fd/5',
    );
  });
});
