import { readFileSync } from 'node:fs';
import { decode, encode } from '@tsnctl/codec';
import { describe, expect, it } from 'vitest';
import { ETHTOOL } from '../../test/ethtool-captures.ts';
import { answers, golden } from '../../test/golden.ts';
import { refused } from '../../test/refused.ts';
import {
  decodeNetlinkError,
  getChannels,
  getFeatures,
  getLinkModes,
  getLinkState,
  getTsInfo,
  messages,
  setChannels,
  setFeatures,
} from '../index.ts';
import { bitset, maskedBits, setBits } from './bitset.ts';

const v0 = { family: ETHTOOL, name: 'v0' };

/** What ethtool prints behind a label, in the output that is beside the answers. */
function printed(name: string, label: string): string[] {
  const text = readFileSync(new URL(`../../testdata/${name}.txt`, import.meta.url), 'utf8');
  return [...text.matchAll(new RegExp(`^\\s*${label}:\\s*(.*)$`, 'gm'))].map(([, value = '']) => value);
}

describe('what ethtool reads, we read', () => {
  it('channels', () => {
    const [channels] = answers('reply-ethtool-channels', getChannels(v0));
    expect(channels).toEqual({ maximum: { rx: 4, tx: 4 }, current: { rx: 4, tx: 4 } });
    const { maximum, current } = channels ?? {};
    const number = (value: number | undefined) => value?.toString() ?? 'n/a';
    for (const [label, key] of Object.entries({
      RX: 'rx',
      TX: 'tx',
      Other: 'other',
      Combined: 'combined',
    } as const)) {
      expect(printed('reply-ethtool-channels', label)).toEqual([
        number(maximum?.[key]),
        number(current?.[key]),
      ]);
    }
  });

  it('timestamping', () => {
    const [info] = answers('reply-ethtool-ts-info', getTsInfo(v0));
    expect(info).toEqual({
      timestamping: ['software-transmit', 'software-receive', 'software-system-clock'],
      txTypes: [],
      rxFilters: [],
    });
    expect(printed('reply-ethtool-ts-info', 'PTP Hardware Clock')).toEqual(['none']);
    for (const name of info?.timestamping ?? [])
      expect(
        readFileSync(new URL('../../testdata/reply-ethtool-ts-info.txt', import.meta.url), 'utf8'),
      ).toContain(name);
  });

  it('speed and link', () => {
    const [modes] = answers('reply-ethtool-link-modes', getLinkModes(v0));
    expect(modes).toEqual({
      speedMbps: 10_000,
      duplex: 'full',
      autoneg: false,
      supported: [],
      advertised: [],
      peer: [],
    });
    expect(printed('reply-ethtool-link-modes', 'Speed')).toEqual([`${modes?.speedMbps}Mb/s`]);
    expect(printed('reply-ethtool-link-modes', 'Auto-negotiation')).toEqual(['off']);
    for (const [name, link, yes] of [
      ['reply-ethtool-link-state', true, 'yes'],
      ['reply-ethtool-down', false, 'no'],
    ] as const) {
      expect(answers(name, getLinkState(v0))).toEqual([{ link }]);
      expect(printed(name, 'Link detected')).toEqual([yes]);
    }
  });

  it('a refusal, and where it points', () => {
    const [message] = messages(golden('reply-ethtool-refused').datagrams[0] ?? new Uint8Array());
    const failure = message && decodeNetlinkError(message);
    expect(failure).toMatchObject({
      errno: 22,
      message: 'requested channel count exceeds maximum',
      offset: 32,
    });
  });
});

describe('bits', () => {
  it('are those with a value, or all where there is no mask', () => {
    const bits = [
      { index: 1, name: 'tx-checksum-ipv4' },
      { index: 16, name: 'rx-gro', value: true },
      { index: 99 },
    ];
    expect(setBits({ bits })).toEqual(['rx-gro']);
    expect(maskedBits({ bits })).toEqual(['tx-checksum-ipv4', 'rx-gro', 'bit 99']);
    expect(setBits({ noMask: true, bits })).toEqual(['tx-checksum-ipv4', 'rx-gro', 'bit 99']);
    expect(setBits(undefined)).toEqual([]);
    expect(decode(bitset, encode(bitset, { size: 100, bits }))).toEqual({ size: 100, bits });
  });

  it('of features are four lists', () => {
    const lists = { hw: ['a', 'b'], wanted: ['a'], active: ['a', 'c'], noChange: ['c'] };
    const { body, decode: read } = getFeatures(v0);
    // the answer has the question's header, and the lists behind it
    const attributes = Object.values(lists).map((names, i) => {
      const set = encode(bitset, { noMask: true, bits: names.map((name) => ({ name })) });
      return [...[set.length + 4, 0, i + 2, 0x80], ...set];
    });
    expect(read(Uint8Array.from([...body, ...attributes.flat()]))).toEqual({
      active: ['a', 'c'],
      wanted: ['a'],
      switchable: ['a', 'b'],
      fixed: ['c'],
    });
  });
});

describe('a change', () => {
  it('may name the interface by its index', () => {
    expect(setChannels({ family: ETHTOOL, index: 3, combined: 2 }).equivalent).toBe(
      'ethtool -L if3 combined 2',
    );
    expect(setFeatures({ family: ETHTOOL, index: 3, features: { 'rx-gro': true } }).equivalent).toBe(
      'ethtool -K if3 rx-gro on',
    );
  });

  it('names what cannot be sent', () => {
    expect(refused(() => setChannels({ ...v0, tx: -1 }))).toEqual([
      'attrs.tx: -1 is not an integer from 0 to 4294967295',
    ]);
  });
});
