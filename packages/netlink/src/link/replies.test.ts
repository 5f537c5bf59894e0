import { describe, expect, it } from 'vitest';
import { answers } from '../../test/golden.ts';
import { ipJson } from '../../test/ip-json.ts';
import { refused } from '../../test/refused.ts';
import { toolJson } from '../../test/tool-json.ts';
import { addLink, listLinks, setLinkOptions } from '../index.ts';

interface ToolLink {
  readonly ifname: string;
  readonly num_tx_queues: number;
  readonly num_rx_queues: number;
  readonly link?: string | null;
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind: string; readonly info_data?: Record<string, unknown> };
}

describe.each(['6.1', '6.12'])('the links of Linux %s', (kernel) => {
  const links = answers(`reply-${kernel}-links`, listLinks());
  const theirs = toolJson(`reply-${kernel}-links`) as unknown as ToolLink[];
  const nameOf = (index: unknown) => links.find((link) => link.index === index)?.name;

  it.each(theirs.map((link) => [link.ifname, link] as const))('%s is what ip reads', (name, their) => {
    const link = links.find((candidate) => candidate.name === name);
    expect(link).toMatchObject({
      numTxQueues: their.num_tx_queues,
      numRxQueues: their.num_rx_queues,
    });
    expect(link?.kind).toBe(their.linkinfo?.info_kind);
    expect(nameOf(link?.master)).toBe(their.master);
    if (their.link != null) expect(nameOf(link?.link)).toBe(their.link);
    const json = link && ipJson(link);
    if (json === undefined) return; // nothing of its own, or a kind without a file
    for (const port of ['active_slave', 'link']) if (json[port]) json[port] = nameOf(json[port]);
    if (kernel === '6.1') delete json.coupled_control; // the kernel has it, the ip of its Debian not yet
    expect(json).toEqual(their.linkinfo?.info_data);
  });

  it('are all kinds that can be made here', () => {
    const kinds = new Set(links.map(({ kind }) => kind));
    const all = [
      'dummy',
      'vlan',
      'bond',
      'macvlan',
      'ipvlan',
      'geneve',
      'ipip',
      'gre',
      'gretap',
      'wireguard',
      'ifb',
    ];
    for (const kind of kernel === '6.1' ? all : [...all, 'netkit']) expect(kinds).toContain(kind);
  });
});

describe('a link that contradicts itself', () => {
  it('is refused, with what would do', () => {
    const vlan = { kind: 'vlan', name: 'v', link: 1 } as const;
    expect(refused(() => addLink({ ...vlan, id: 4095 }))).toEqual([
      'id: 4095 is not the id of a VLAN',
      'an id from 0 to 4094',
    ]);
    expect(refused(() => addLink({ kind: 'geneve', name: 'g', remote: '10.0.0.2' }))).toEqual([
      'id: a Geneve tunnel needs one',
      'an id, or external: true',
    ]);
    expect(refused(() => addLink({ kind: 'geneve', name: 'g', id: 1 }))).toEqual([
      'remote: a Geneve tunnel needs one',
      'an address, or external: true',
    ]);
    const mode = 'balance' as 'balance-rr';
    expect(refused(() => addLink({ kind: 'bond', name: 'b', mode }))[0]).toBe(
      'attrs.info.data.mode: "balance" is none of balance-rr, active-backup, balance-xor, broadcast, 802.3ad, balance-tlb, balance-alb',
    );
    expect(refused(() => setLinkOptions({ index: 1, kind: 'bond', miimonMs: -1 }))[0]).toBe(
      'attrs.info.data.miimonMs: -1 is not an integer from 0 to 4294967295',
    );
  });
});
