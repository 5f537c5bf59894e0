import { describe, expect, it } from 'vitest';
import { codes, fileIn, install, list, ourPlaces, wanted } from '../../test/chain-plans.ts';
import {
  apply,
  confFile,
  containerd16,
  containerd21,
  crio,
  directory,
  stored,
  textOf,
  texts,
} from '../../test/directory.ts';
import { type ConfDir, ourConfig, planChainInstall, planChainRemove, planChainRepair } from '../index.ts';

const primaries = [
  'flannel',
  'weave',
  'cilium',
  'kube-router',
  'calico',
  'kindnet',
  'k3s',
  'minikube',
  'ovn',
  'aws',
  'multus',
];
const runtimes = { 'containerd 1.6': containerd16, 'containerd 2.1': containerd21, 'CRI-O': crio };
const everywhere = primaries.flatMap((name) =>
  Object.entries(runtimes).map(([runtime, traits]) => [name, runtime, traits] as const),
);

describe('the list of', () => {
  it.each(everywhere)('%s under %s goes through install, rewrite, repair and removal', (name, _, runtime) => {
    const original = stored(name);
    const installed = install(original, runtime);
    expect(planChainInstall(installed, wanted(runtime)).steps).toEqual([]);
    expect(install(installed, runtime)).toEqual(installed);
    expect(ourPlaces(installed)).toHaveLength(1);

    // The primary starts again and writes its files as they were.
    const rewritten: ConfDir = {
      ...installed,
      files: [
        ...installed.files.filter((file) => !original.files.some(({ name: it }) => it === file.name)),
        ...original.files,
      ],
    };
    const repaired = apply(rewritten, planChainRepair(rewritten, wanted(runtime)).steps);
    expect(texts(repaired)).toEqual(texts(installed));

    expect(texts(apply(repaired, planChainRemove(repaired).steps))).toEqual(texts(original));
  });

  it.each(primaries)('%s keeps every byte that was there', (name) => {
    const original = stored(name);
    const installed = install(original);
    for (const file of original.files) {
      const now = fileIn(installed, file.name);
      const added = now.length - textOf(file.bytes).length;
      if (added === 0) continue;
      const at = [...now].findIndex((char, index) => char !== textOf(file.bytes)[index]);
      expect(now.slice(0, at) + now.slice(at + added)).toBe(textOf(file.bytes));
    }
  });
});

describe('an edit in place', () => {
  it.each([
    [
      'flannel',
      '      }\n    },\n    {"type": "tsnctl", "capabilities": {"io.kubernetes.cri.pod-annotations": true}}\n  ]\n}\n',
    ],
    [
      'kindnet',
      '\t\t}\n\t},\n\t{"type": "tsnctl", "capabilities": {"io.kubernetes.cri.pod-annotations": true}}\n\t]\n}\n',
    ],
    [
      'calico',
      '    },\n    {"type": "tsnctl", "capabilities": {"io.kubernetes.cri.pod-annotations": true}}\n  ]\n}',
    ],
  ])('of %s looks as if its author had made it', (name, end) => {
    const installed = install(stored(name));
    expect(textOf(installed.files[0]?.bytes)).toMatch(new RegExp(`${RegExp.escape(end)}$`));
  });

  it('keeps owner and mode, and knows what it replaces', () => {
    const dir = stored('flannel');
    expect(planChainInstall(dir, wanted())).toMatchObject({
      target: { file: '10-flannel.conflist', network: 'podnet', way: 'edit' },
      steps: [
        {
          kind: 'write-file',
          path: '10-flannel.conflist',
          mode: 0o600,
          uid: 7,
          gid: 8,
          previous: dir.files[0]?.bytes,
        },
      ],
      findings: [],
    });
  });

  it.each([
    [
      'one line',
      '{"name":"a","cniVersion":"1.0.0","plugins":[{"type":"x"}]}',
      '[{"type":"x"},{"type": "tsnctl"',
    ],
    ['carriage returns', list('a', 'x').replaceAll('\n', '\r\n'), '},\r\n    {"type": "tsnctl"'],
    ['tabs', list('a', 'x').replaceAll('  ', '\t'), '},\n\t\t{"type": "tsnctl"'],
    [
      'an empty line before each',
      '{"name":"a","plugins":[\n\n {"type":"x"}\n\n]}',
      '},\n\n {"type": "tsnctl"',
    ],
    [
      'a list that is written twice',
      '{"plugins":[],"name":"a","plugins":[{"type":"x"}]}',
      '[{"type":"x"},{"type": "tsnctl"',
    ],
    [
      'bytes that are no text',
      '{"name":"a","c":"\xff\xc3","plugins":[{"type":"x"}]}',
      '[{"type":"x"},{"type": "tsnctl"',
    ],
  ])('fits into %s, and leaves it as it was', (_, text, expected) => {
    const original = directory({ '1.conflist': Buffer.from(text, 'latin1') });
    const installed = install(original);
    expect(fileIn(installed, '1.conflist')).toContain(expected);
    expect(texts(apply(installed, planChainRemove(installed).steps))).toEqual(texts(original));
  });

  it('follows a wish for other settings', () => {
    const installed = install(stored('flannel'));
    const other = { runtime: containerd16, entry: ourConfig({ onAgentDown: 'error', timeoutMs: 2000 }) };
    const changed = apply(installed, planChainInstall(installed, other).steps);
    expect(fileIn(changed, '10-flannel.conflist')).toContain('"onAgentDown": "error", "timeoutMs": 2000}');
    expect(planChainInstall(changed, other).steps).toEqual([]);
    expect(texts(apply(changed, planChainRemove(changed).steps))).toEqual(texts(stored('flannel')));
  });

  it('leaves our entry where a stranger has put something behind it, says so, and takes it out of the middle', () => {
    const dir = directory({ 'a.conflist': list('a', 'bridge', 'tsnctl', 'istio-cni') });
    const plan = planChainInstall(dir, { runtime: containerd16, entry: { type: 'tsnctl' } });
    expect(plan.steps).toEqual([]);
    expect(codes(plan)).toEqual(['warning NOT_LAST a.conflist']);
    const removed = apply(dir, planChainRemove(dir).steps);
    expect(fileIn(removed, 'a.conflist')).toBe(list('a', 'bridge', 'istio-cni'));
  });

  it('takes ours out from the first place, too', () => {
    const dir = directory({ 'a.conflist': list('a', 'tsnctl', 'bridge') });
    expect(fileIn(apply(dir, planChainRemove(dir).steps), 'a.conflist')).toBe(list('a', 'bridge'));
  });

  it('makes one of two entries', () => {
    const dir = directory({ 'a.conflist': list('a', 'bridge', 'tsnctl', 'portmap', 'tsnctl') });
    const plan = planChainInstall(dir, { runtime: containerd16, entry: { type: 'tsnctl' } });
    expect(codes(plan)).toEqual(['warning DUPLICATE a.conflist']);
    expect(fileIn(apply(dir, plan.steps), 'a.conflist')).toBe(list('a', 'bridge', 'tsnctl', 'portmap'));
  });

  it('does not touch a symbolic link', () => {
    const dir: ConfDir = {
      files: [{ ...confFile('a.conflist', list('a', 'x')), isLink: true }],
      dropIns: {},
    };
    const plan = planChainInstall(dir, wanted());
    expect([plan.steps, codes(plan)]).toEqual([[], ['error IS_A_LINK a.conflist']]);
  });

  it('is not what a list of nothing but ours gets', () => {
    const dir = directory({ 'a.conflist': list('a', 'tsnctl') });
    expect(codes(planChainInstall(dir, wanted()))).toEqual(['error ONLY_OURS a.conflist']);
    expect(planChainRemove(dir)).toMatchObject({ steps: [], findings: [{ code: 'ONLY_OURS' }] });
  });
});

describe('the file that is chained', () => {
  it.each([
    ['the first by name', { 'b.conflist': list('b', 'x'), 'a.conflist': list('a', 'x') }, 'a.conflist'],
    [
      'by bytes, so capitals come first',
      { 'a.conflist': list('a', 'x'), 'Z.conflist': list('z', 'x') },
      'Z.conflist',
    ],
    ['10 before 9', { '9.conflist': list('b', 'x'), '10.conflist': list('a', 'x') }, '10.conflist'],
    [
      'a hidden one, too: its name ends as it must',
      { 'a.conflist': list('b', 'x'), '.a.conflist': list('a', 'x') },
      '.a.conflist',
    ],
    [
      'none with another end',
      { 'a.conflist.bak': list('b', 'x'), 'b.conflist~': '', 'c.conflist': list('a', 'x') },
      'c.conflist',
    ],
    ['a .json', { 'a.json': '{"name":"a","type":"ptp"}', 'b.conflist': list('b', 'x') }, 'a.json'],
  ])('is %s', (_, files, file) => {
    expect(planChainInstall(directory(files), wanted()).target).toMatchObject({ file });
  });

  it('is none behind a broken one for containerd, and the next one for CRI-O', () => {
    const dir = directory({ '1.conflist': '{', '2.conflist': list('b', 'x') });
    const plan = planChainInstall(dir, wanted());
    expect(plan).toMatchObject({
      steps: [],
      findings: [{ code: 'BROKEN', severity: 'error', file: '1.conflist' }],
    });
    expect(plan.findings[0]?.message).toMatch(
      /^1\.conflist cannot be read: the network config list is not JSON \(.*\); containerd has no pod network as long as it is there$/,
    );
    const other = planChainInstall(dir, wanted(crio));
    expect([codes(other), other.target?.file]).toEqual([['warning BROKEN 1.conflist'], '2.conflist']);
  });

  it.each([
    ['a byte order mark', 'a.conflist', `\ufeff${list('a', 'x')}`, /byte order mark/],
    ['a list in a .conf', 'a.conf', list('a', 'x'), /named \*\.conflist/],
    ['an empty file', 'a.conflist', '', /its owner has to mend it/],
    ['no plugins', 'a.conflist', '{"name":"a"}', /its owner/],
  ])('is none with %s', (_, name, text, hint) => {
    const plan = planChainInstall(directory({ [name]: text }), wanted());
    expect(plan.steps).toEqual([]);
    expect(plan.findings).toMatchObject([
      { code: 'BROKEN', severity: 'error', hint: expect.stringMatching(hint) },
    ]);
  });

  it("is CRI-O's default network where one is set", () => {
    const dir = directory({ '1.conflist': list('a', 'x'), '2.conflist': list('b', 'x') });
    const runtime = { ...crio, defaultNetwork: 'b' };
    expect(planChainInstall(dir, wanted(runtime)).target).toMatchObject({ file: '2.conflist' });
    const missing = planChainInstall(dir, wanted({ ...crio, defaultNetwork: 'c' }));
    expect(missing).toMatchObject({
      steps: [],
      findings: [{ code: 'NO_NETWORK', message: 'there is no network "c"' }],
    });
  });

  it('does not hide the others', () => {
    const dir = directory({ '1.conflist': list('a', 'x'), '2.conflist': list('b', 'x') });
    expect(planChainInstall(dir, wanted()).findings).toEqual([
      {
        code: 'NOT_PICKED',
        severity: 'info',
        file: '2.conflist',
        message: '2.conflist (network b) is not used: the runtime uses 1.conflist',
      },
    ]);
    expect(codes(planChainInstall(dir, wanted({ ...containerd16, maxConfNum: 0 })))).toEqual([
      'warning SEVERAL_NETWORKS',
    ]);
  });

  it('is none in an empty directory', () => {
    expect(planChainInstall(directory({}), wanted())).toMatchObject({
      steps: [],
      findings: [{ code: 'NO_NETWORK' }],
    });
  });
});

describe('repair', () => {
  it('comes back after a rewrite, a replacement, a new name and a truncated file', () => {
    const installed = install(stored('flannel'));
    const other = directory({ '05-calico.conflist': fileIn(stored('calico'), '10-calico.conflist') });
    const cases: Record<string, ConfDir> = {
      rewrite: stored('flannel'),
      replacement: other,
      'another network in front': { files: [...installed.files, ...other.files], dropIns: {} },
      'a new name': directory({ '20-flannel.conflist': fileIn(installed, '10-flannel.conflist') }),
    };
    for (const [what, dir] of Object.entries(cases)) {
      const repaired = apply(dir, planChainRepair(dir, wanted()).steps);
      const target = planChainRepair(repaired, wanted()).target?.file;
      expect(ourPlaces(repaired), what).toContain(target);
      expect(planChainRepair(repaired, wanted()).steps, what).toEqual([]);
    }
    for (const text of ['', '{"name": "podnet", "plug']) {
      const truncated = directory({ '10-flannel.conflist': text });
      expect(planChainRepair(truncated, wanted()).steps).toEqual([]);
    }
  });
});

describe('removal', () => {
  it('clears files that the runtime no longer uses', () => {
    const old = install(stored('flannel'));
    const both = install({
      files: [...old.files, confFile('05-new.conflist', list('new', 'x'))],
      dropIns: {},
    });
    expect(ourPlaces(both)).toEqual(['05-new.conflist', '10-flannel.conflist']);
    const removed = apply(both, planChainRemove(both).steps);
    expect(ourPlaces(removed)).toEqual([]);
    expect(planChainRemove(removed).steps).toEqual([]);
  });

  it('says where it cannot', () => {
    const dir = directory({ 'a.conflist': '{"plugins":[{"type":"x"},{"type": "tsnctl"}', 'b.conflist': '{' });
    expect(planChainRemove(dir)).toMatchObject({
      steps: [],
      findings: [
        { code: 'BROKEN', severity: 'error', file: 'a.conflist', hint: 'mend the file, then remove again' },
      ],
    });
  });
});
