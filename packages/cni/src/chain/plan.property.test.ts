import { extname } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apply, confFile, texts } from '../../test/directory.ts';
import {
  type ConfDir,
  ourConfig,
  planChainInstall,
  planChainRemove,
  planChainRepair,
  type RuntimeTraits,
  type WantedChain,
} from '../index.ts';

const type = fc.constantFrom('bridge', 'ptp', 'portmap', 'cilium-cni', 'multus', 'calico');
const network = fc.constantFrom('pods', 'other', 'k8s.net', '../up');
const plugin = fc
  .tuple(type, fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }))
  .map(([name, more]) => ({ ...more, capabilities: {}, type: name }));
const list = fc
  .record({ name: network, plugins: fc.array(plugin, { minLength: 1, maxLength: 4 }) })
  .chain((value) => laidOut({ cniVersion: '1.0.0', ...value }));
const single = fc
  .tuple(network, plugin)
  .chain(([name, value]) => laidOut({ ...value, cniVersion: '0.3.1', name }));
const broken = fc.constantFrom('', '{', '[]', '{"name":"x"}', 'garbage');
const file = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom('05-a', '10-b', '20-c', 'z'), fc.constant('.conflist'), list),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom('05-a', '10-b', '20-c'), fc.constantFrom('.conf', '.json'), single),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('10-b', '30-d'), fc.constant('.conflist'), broken) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('readme'), fc.constantFrom('', '.cilium_bak'), broken) },
);
const dropIn = fc.tuple(
  fc.constantFrom('10-x.conf', 'zz.conf', 'note.txt'),
  fc.constant('{"type":"tuning"}'),
);
const dir: fc.Arbitrary<ConfDir> = fc.record({
  files: fc
    .uniqueArray(file, { selector: ([stem, end]) => `${stem}${end}`, maxLength: 4 })
    .map((files) => files.map(([stem, end, text]) => confFile(`${stem}${end}`, text))),
  dropIns: fc.dictionary(
    fc.constantFrom('pods', 'other', 'multus.d'),
    fc
      .uniqueArray(dropIn, { selector: ([name]) => name, minLength: 1 })
      .map((all) => all.map(([name, text]) => confFile(name, text))),
  ),
});
const runtime: fc.Arbitrary<RuntimeTraits> = fc.record({
  name: fc.constantFrom('containerd', 'cri-o'),
  dropIns: fc.boolean(),
});
const wanted: fc.Arbitrary<WantedChain> = fc.record({
  runtime,
  entry: fc
    .record({ onAgentDown: fc.constantFrom('auto', 'error', 'pass') }, { requiredKeys: [] })
    .map((it) => ourConfig(it)),
});

it('install leaves nothing to do, and removal restores every byte', () => {
  fc.assert(
    fc.property(dir, wanted, (original, want) => {
      const plan = planChainInstall(original, want);
      const installed = apply(original, plan.steps);
      expect(planChainInstall(installed, want).steps).toEqual([]);
      expect(planChainRepair(installed, want).steps).toEqual([]);
      expectOursOnce(installed, original, want);
      expect(texts(apply(installed, planChainRemove(installed).steps))).toEqual(texts(original));
      expect(plan.steps.length > 0 || plan.findings.length > 0).toBe(true);
    }),
    { numRuns: 200 },
  );
});

it('a chain that another wish or runtime has laid becomes the one that is wanted, and never both', () => {
  fc.assert(
    fc.property(dir, wanted, wanted, (original, before, want) => {
      const first = apply(original, planChainInstall(original, before).steps);
      const second = apply(first, planChainInstall(first, want).steps);
      expect(planChainInstall(second, want).steps).toEqual([]);
      expectOursOnce(second, original, want);
      expect(texts(apply(second, planChainRemove(second).steps))).toEqual(texts(original));
    }),
    { numRuns: 200 },
  );
});

it('whatever the primary writes in between, our plugin comes back once, and goes without a trace', () => {
  fc.assert(
    fc.property(dir, dir, wanted, (before, after, want) => {
      const installed = apply(before, planChainInstall(before, want).steps);
      const names = new Set(after.files.map(({ name }) => name));
      // Files come, change and go; what the primary did not write stays.
      const mixed: ConfDir = {
        files: [...installed.files.filter(({ name }) => !names.has(name)), ...after.files],
        dropIns: installed.dropIns,
      };
      const repaired = apply(mixed, planChainRepair(mixed, want).steps);
      expect(planChainRepair(repaired, want).steps).toEqual([]);
      const removed = apply(repaired, planChainRemove(repaired).steps);
      expectOursOnce(repaired, removed, want);
      expect(JSON.stringify(texts(removed))).not.toContain('tsnctl');
    }),
    { numRuns: 200 },
  );
});

/** The runtime runs what it ran without us, and ours once. Multus is another matter: it runs networks itself. */
function expectOursOnce(chained: ConfDir, plain: ConfDir, { runtime, entry }: WantedChain): void {
  const [before, now] = [run(plain, runtime), run(chained, runtime)];
  const refused = planChainInstall(plain, { runtime, entry }).target === undefined;
  if (before?.[0] === 'multus' || refused) return;
  expect(now?.filter((it) => it !== 'tsnctl')).toEqual(before);
  expect(now?.filter((it) => it === 'tsnctl')).toHaveLength(1);
}

/** The types that a runtime runs: its own rules, once more and without a look at the plan's. */
function run(
  { files, dropIns }: ConfDir,
  { name, dropIns: hasDropIns }: RuntimeTraits,
): string[] | undefined {
  const ends = ['.conf', '.conflist', '.json'];
  const all = files
    .filter((it) => ends.includes(extname(it.name)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name: file, bytes } of all) {
    try {
      const value = JSON.parse(Buffer.from(bytes).toString('utf8'));
      const list = extname(file) === '.conflist';
      const more = list && hasDropIns && !value.loadOnlyInlinedPlugins ? (dropIns[value.name] ?? []) : [];
      const types = [
        ...(list ? value.plugins : [value]),
        ...more
          .filter((it) => extname(it.name) === '.conf')
          .toSorted((a, b) => (a.name < b.name ? -1 : 1))
          .map((it) => JSON.parse(Buffer.from(it.bytes).toString('utf8'))),
      ].map((it: { type: string }) => it.type);
      if (typeof value.name !== 'string' || types.includes('')) throw new Error('no name or type');
      return types;
    } catch {
      if (name === 'containerd') return undefined;
    }
  }
  return undefined;
}

/** A value as JSON in any layout that people and programs write. */
function laidOut(value: object): fc.Arbitrary<string> {
  const layout = fc.record({
    indent: fc.constantFrom(0, 1, 2, 4, '\t'),
    newline: fc.constantFrom('\n', '\r\n'),
    start: fc.constantFrom('', '\n', ' '),
    end: fc.constantFrom('', '\n', '\r\n', '\n\n'),
  });
  return layout.map(({ indent, newline, start, end }) => {
    const text = JSON.stringify(value, null, indent).replaceAll('\n', newline);
    return `${start}${text}${end}`;
  });
}
