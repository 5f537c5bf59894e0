import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CNI_VERSIONS,
  convertResult,
  interfacesOf,
  ipsOf,
  parseResult,
  type Result,
  routesOf,
} from './index.ts';

const newest: Result = {
  cniVersion: '1.1.0',
  interfaces: [
    { name: 'veth0', mac: '02:00:00:00:00:01', mtu: 1450 },
    { name: 'eth0', sandbox: '/run/netns/a', socketPath: '/run/x.sock', pciID: '0000:00:1f.6', theirs: true },
  ],
  ips: [
    { address: '10.1.0.5/16', gateway: '10.1.0.1', interface: 1 },
    { address: 'fd00::5/64', interface: 1 },
  ],
  routes: [{ dst: '0.0.0.0/0', gw: '10.1.0.1', mtu: 1400, advmss: 1360, priority: 5, table: 7, scope: 0 }],
  dns: { nameservers: ['10.1.0.1'] },
  'example.org/more': { kept: [1, null] },
};

describe('convertResult', () => {
  it('names what an older version has no place for, and keeps what no version knows', () => {
    const { result, lost } = convertResult(newest, '1.0.0');
    expect(lost).toEqual([
      'interfaces.0.mtu',
      'interfaces.1.socketPath',
      'interfaces.1.pciID',
      ...['mtu', 'advmss', 'priority', 'table', 'scope'].map((key) => `routes.0.${key}`),
    ]);
    expect(result).toEqual({
      ...newest,
      cniVersion: '1.0.0',
      interfaces: [
        { name: 'veth0', mac: '02:00:00:00:00:01' },
        { name: 'eth0', sandbox: '/run/netns/a', theirs: true },
      ],
      routes: [{ dst: '0.0.0.0/0', gw: '10.1.0.1' }],
    });
  });

  it.each(['0.3.0', '0.3.1', '0.4.0'] as const)('says in %s of each address what it is', (version) => {
    expect(ipsOf(convertResult(newest, version).result)).toEqual([
      { version: '4', address: '10.1.0.5/16', gateway: '10.1.0.1', interface: 1 },
      { version: '6', address: 'fd00::5/64', interface: 1 },
    ]);
  });

  it('loses nothing on the way up, and back down', () => {
    for (const from of CNI_VERSIONS) {
      const { result } = convertResult(newest, from);
      for (const to of CNI_VERSIONS.slice(CNI_VERSIONS.indexOf(from))) {
        const up = convertResult(result, to);
        expect(up.lost).toEqual([]);
        expect(convertResult(up.result, from)).toEqual({ result, lost: [] });
      }
    }
  });

  it('leaves a result in the same version untouched', () => {
    expect(convertResult(newest, '1.1.0').result).toBe(newest);
  });

  it('keeps whatever it does not know', () => {
    const foreign = fc.dictionary(
      fc.string().filter((key) => !['cniVersion', 'interfaces', 'ips', 'routes'].includes(key)),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        foreign,
        fc.constantFrom(...CNI_VERSIONS),
        fc.constantFrom(...CNI_VERSIONS),
        (unknown, from, to) => {
          const text = JSON.stringify({ ...unknown, cniVersion: from });
          const { result } = convertResult(parseResult(JSON.parse(text), from), to);
          expect(JSON.parse(JSON.stringify(result))).toEqual({ ...JSON.parse(text), cniVersion: to });
        },
      ),
    );
  });
});

describe('parseResult', () => {
  it('reads a result, and gives one without version that of the request', () => {
    const result = parseResult({ ips: null, interfaces: [{ name: 'eth0' }] }, '0.4.0');
    expect(result.cniVersion).toBe('0.4.0');
    expect([interfacesOf(result), ipsOf(result), routesOf(result)]).toEqual([[{ name: 'eth0' }], [], []]);
  });

  it.each([
    ['text', 'the result is a string, not an object'],
    [{ interfaces: [1] }, 'the result.interfaces.0 is a number, not an object'],
    [{ interfaces: [{ mac: '' }] }, 'the result.interfaces.0.name is missing, not a string'],
    [{ ips: [{ address: '10.0.0.1/8', interface: '0' }] }, 'the result.ips.0.interface is no whole number'],
    [{ routes: [{ dst: null }] }, 'the result.routes.0.dst is null, not a string'],
    [{ cniVersion: 'x' }, 'cniVersion "x" is not a version'],
    [{ cniVersion: '2.0.0' }, 'cniVersion "2.0.0" is not supported'],
  ])('refuses %j: %s', (value, message) => {
    expect(() => parseResult(value, '1.0.0')).toThrow(expect.objectContaining({ name: 'CniError', message }));
  });
});
