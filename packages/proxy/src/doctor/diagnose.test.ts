import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { but, healthy, nothing, withInterface } from '../../test/ailing/but.ts';
import { ailingNodes } from '../../test/ailing/nodes.ts';
import { ailingUplinks } from '../../test/ailing/uplinks.ts';
import { link, qdisc, side } from '../../test/healthy-node.ts';
import { checks } from './checks.ts';
import { diagnose, isIll, mayPass } from './diagnose.ts';
import type { NodeFacts } from './node-facts.ts';

const cases = [...ailingNodes, ...ailingUplinks];

describe('a healthy node', () => {
  it('has nothing but ok', () => {
    const findings = diagnose(healthy);
    expect(findings.filter(({ severity }) => severity !== 'ok')).toEqual([]);
    expect(isIll(findings)).toBe(false);
  });
});

describe('what is amiss is found, with its mend', () => {
  it.each(cases)('%s', (_, check, facts, line, mend) => {
    const found = diagnose(facts, [check]).map(({ severity, message, ...rest }) => ({
      line: `${severity}: ${message}`,
      mend: rest.mend,
    }));
    const one = found.find((it) => it.line.startsWith(line));
    expect(one, found.map((it) => it.line).join('\n')).toBeDefined();
    if (mend !== undefined) expect(one?.mend).toContain(mend);
  });
});

it('what a change under way makes may pass, what is so of the node or the NIC does not', () => {
  const passing = cases.filter(([, check, facts, line]) => {
    return !line.startsWith('ok') && mayPass(diagnose(facts, [check]));
  });
  // and chain, whose findings are not among these
  expect([...new Set(passing.map(([, check]) => check))].toSorted()).toEqual([
    'foreign',
    'queues',
    'restorers',
    'stale',
    'ungated',
  ]);
  expect(mayPass(diagnose(healthy))).toBe(false);
});

describe('what is as it should be gives no warning', () => {
  const fine: [name: string, check: string, facts: NodeFacts][] = [
    [
      'a hardware clock that chrony goes by',
      'clocks',
      but({
        qdiscs: { seen: [qdisc(2, 'etf')] },
        daemons: { seen: [{ name: 'chronyd', pid: 1, command: '' }] },
        phcSources: { seen: [{ device: '/dev/ptp0', refid: 'PHC0', file: '/etc/chrony.conf', state: '*' }] },
      }),
    ],
    [
      'a netkit pair whose own end does not scrub, as Cilium makes it',
      'netkit',
      withInterface(side(12, 'nk12', { kind: 'netkit' }), {
        links: {
          seen: [link(12, 'nk12', { kind: 'netkit', data: { scrub: 'none', peerScrub: 'default' } })],
        },
      }),
    ],
  ];
  it.each(fine)('%s', (_, check, facts) => {
    expect(diagnose(facts, [check]).filter(({ severity }) => severity !== 'ok')).toEqual([]);
  });
});

describe('the checks', () => {
  it('say so where they could not look, and never fail for it', () => {
    const blind = but({
      kernel: { ...healthy.kernel, btf: nothing, qdiscModules: nothing },
      libbpf: nothing,
      bpffs: nothing,
      cgroup: nothing,
      sysctls: {},
      proxy: nothing,
      links: nothing,
      qdiscs: nothing,
      uplinks: nothing,
      hooks: nothing,
      counters: nothing,
      nics: nothing,
      time: nothing,
      daemons: nothing,
      phcSources: nothing,
      agent: nothing,
      chain: nothing,
      cpus: nothing,
    });
    const unseen = diagnose(blind).filter(({ severity }) => severity === 'unseen');
    expect(unseen.every(({ message }) => message.endsWith('not permitted'))).toBe(true);
    expect(new Set(unseen.map(({ check }) => check)).size).toBeGreaterThanOrEqual(10);
  });

  it('have names of their own, and each is tried here', () => {
    const names = checks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const tried = new Set(cases.map(([, check]) => check));
    expect(names.filter((name) => !tried.has(name))).toEqual(['chain']); // its findings: packages/cni, chain/plan*.test.ts
  });

  it('stand in the documents, in their order', () => {
    const page = readFileSync(new URL('../../../../docs/doctor.md', import.meta.url), 'utf8');
    expect(page).toContain(checks.map(({ name, asks }) => `| \`${name}\` | ${asks} |\n`).join(''));
  });

  it('can be picked by name, and not by another', () => {
    expect(diagnose(healthy, ['btf']).map(({ check }) => check)).toEqual(['btf']);
    expect(() => diagnose(healthy, ['btff'])).toThrow('there is no check btff');
  });
});
