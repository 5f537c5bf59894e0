import { describe, expect, it } from 'vitest';
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
import {
  type ChainPlan,
  type ConfDir,
  ourConfig,
  parseConfigList,
  planChainInstall,
  planChainRemove,
  planChainRepair,
  type RuntimeTraits,
} from '../index.ts';

const entry = ourConfig();
const wanted = (runtime: RuntimeTraits = containerd16) => ({ runtime, entry });
const install = (dir: ConfDir, runtime?: RuntimeTraits) =>
  apply(dir, planChainInstall(dir, wanted(runtime)).steps);
const codes = ({ findings }: ChainPlan) =>
  findings.map(({ code, severity, file }) => `${severity} ${code} ${file ?? ''}`.trim());
const fileIn = (dir: ConfDir, name: string) => textOf(dir.files.find((file) => file.name === name)?.bytes);
const list = (name: string, ...types: string[]) =>
  JSON.stringify({ cniVersion: '1.0.0', name, plugins: types.map((type) => ({ type })) }, null, 2);

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

describe('a .conf', () => {
  it('becomes a list of ours that comes right before it', () => {
    const installed = install(stored('ovn'));
    expect(fileIn(installed, '10-ovn-kubernetes.conf')).toBe(fileIn(stored('ovn'), '10-ovn-kubernetes.conf'));
    const made = fileIn(installed, '10-ovn-kubernetes-tsnctl.conflist');
    expect(made).toBe(`{
  "cniVersion": "0.4.0",
  "name": "ovn-kubernetes",
  "tsnctl.dev/made-from": "10-ovn-kubernetes.conf",
  "loadOnlyInlinedPlugins": true,
  "plugins": [
    ${fileIn(stored('ovn'), '10-ovn-kubernetes.conf')},
    {"type": "tsnctl", "capabilities": {"io.kubernetes.cri.pod-annotations": true}}
  ]
}
`);
    expect(parseConfigList(made)).toMatchObject({
      name: 'ovn-kubernetes',
      plugins: [{ type: 'ovn-k8s-cni-overlay' }, { type: 'tsnctl' }],
    });
  });

  it('that its owner changes changes our list; one that goes takes it along', () => {
    const installed = install(stored('ovn'));
    const changed = replace(installed, '10-ovn-kubernetes.conf', (text) => text.replace('"4"', '"5"'));
    const plan = planChainRepair(changed, wanted());
    expect(plan.steps).toMatchObject([{ kind: 'write-file', path: '10-ovn-kubernetes-tsnctl.conflist' }]);
    expect(fileIn(apply(changed, plan.steps), '10-ovn-kubernetes-tsnctl.conflist')).toContain(
      '"logLevel":"5"',
    );
    const gone = {
      ...installed,
      files: installed.files.filter(({ name }) => name !== '10-ovn-kubernetes.conf'),
    };
    expect(texts(apply(gone, planChainRepair(gone, wanted()).steps))).toEqual({});
  });

  it('that is being written leaves our list in peace', () => {
    const truncated = replace(install(stored('ovn')), '10-ovn-kubernetes.conf', () => '');
    const plan = planChainRepair(truncated, wanted());
    expect([plan.steps, codes(plan)]).toEqual([[], ['error BROKEN 10-ovn-kubernetes.conf']]);
  });

  it('that becomes a list gives its place to that', () => {
    const installed = install(stored('ovn'));
    const both = { ...installed, files: [...installed.files, confFile('05-new.conflist', list('new', 'x'))] };
    const repaired = apply(both, planChainRepair(both, wanted()).steps);
    expect(Object.keys(texts(repaired))).toEqual(['05-new.conflist', '10-ovn-kubernetes.conf']);
    expect(ourPlaces(repaired)).toEqual(['05-new.conflist']);
  });

  it("does not lead to a file that is another's", () => {
    const dir = {
      ...stored('ovn'),
      files: [...stored('ovn').files, confFile('10-ovn-kubernetes-tsnctl.conflist', list('theirs', 'x'))],
    };
    // It sorts first, so it is the network; the .conf is not used.
    expect(planChainInstall(dir, wanted()).target).toMatchObject({
      file: '10-ovn-kubernetes-tsnctl.conflist',
      way: 'edit',
    });
    const runtime = { ...crio, defaultNetwork: 'ovn-kubernetes' };
    expect(codes(planChainInstall(dir, wanted(runtime)))).toContain(
      'error NAME_TAKEN 10-ovn-kubernetes-tsnctl.conflist',
    );
  });

  it('whose list a crash has cut short gets it anew', () => {
    const cut = replace(install(stored('ovn')), '10-ovn-kubernetes-tsnctl.conflist', () => '');
    expect(texts(apply(cut, planChainRepair(cut, wanted()).steps))).toEqual(texts(install(stored('ovn'))));
    expect(texts(apply(cut, planChainRemove(cut).steps))).toEqual(texts(stored('ovn')));
  });
});

describe('a directory of drop-ins', () => {
  it('takes our plugin without an edit, and the runtime is told', () => {
    const plan = planChainInstall(stored('flannel'), wanted(containerd21));
    expect(plan).toMatchObject({
      target: { way: 'drop-in' },
      steps: [
        { kind: 'make-directory', path: 'podnet' },
        { kind: 'write-file', path: 'podnet/99-tsnctl.conf', mode: 0o600, uid: 7, gid: 8 },
        { kind: 'reload' },
      ],
    });
    const installed = apply(stored('flannel'), plan.steps);
    expect(textOf(installed.dropIns.podnet?.[0]?.bytes)).toBe(
      '{"type": "tsnctl", "capabilities": {"io.kubernetes.cri.pod-annotations": true}}\n',
    );
  });

  it('that others use, too, stays after us', () => {
    const dir = directory(
      { 'a.conflist': list('a', 'x') },
      { a: { '10-theirs.conf': '{"type":"theirs"}', README: '' }, b: {} },
    );
    const installed = install(dir, containerd21);
    expect(texts(apply(installed, planChainRemove(installed).steps))).toEqual(texts(dir));
    expect(Object.keys(apply(installed, planChainRemove(installed).steps).dropIns)).toEqual(['a', 'b']);
    const behind = directory({ 'a.conflist': list('a', 'x') }, { a: { 'zz.conf': '{"type":"theirs"}' } });
    expect(codes(planChainInstall(behind, wanted(containerd21)))).toEqual(['warning NOT_LAST a/zz.conf']);
  });

  it('that is left empty goes on request, if a list has its name', () => {
    const dir = directory({ 'a.conflist': list('a', 'x') }, { a: {}, b: {} });
    expect(planChainRemove(dir).steps).toEqual([]);
    expect(planChainRemove(dir, { emptied: true }).steps).toEqual([{ kind: 'remove-directory', path: 'a' }]);
  });

  it('is not used where the list takes no drop-ins', () => {
    const text = '{"name":"a","cniVersion":"1.1.0","loadOnlyInlinedPlugins":true,"plugins":[{"type":"x"}]}';
    expect(planChainInstall(directory({ 'a.conflist': text }), wanted(containerd21)).target).toMatchObject({
      way: 'edit',
    });
  });

  it('can be all that a list has', () => {
    const dir = directory(
      { 'a.conflist': '{"name":"a","cniVersion":"1.1.0"}' },
      { a: { '1.conf': '{"type":"x"}' } },
    );
    const installed = install(dir, containerd21);
    expect(installed.dropIns.a).toHaveLength(2);
    expect(planChainInstall(installed, wanted(containerd21)).steps).toEqual([]);
  });

  it('takes over after an upgrade of the runtime, and gives back after a downgrade: never both', () => {
    const edited = install(stored('flannel'), containerd16);
    const upgraded = install(edited, containerd21);
    expect(ourPlaces(upgraded)).toEqual(['podnet/99-tsnctl.conf']);
    expect(fileIn(upgraded, '10-flannel.conflist')).toBe(fileIn(stored('flannel'), '10-flannel.conflist'));
    expect(texts(install(upgraded, containerd16))).toEqual(texts(edited));
  });

  it("moves with the network's name", () => {
    const installed = install(stored('flannel'), containerd21);
    const renamed = replace(installed, '10-flannel.conflist', (text) => text.replace('podnet', 'other'));
    const repaired = apply(renamed, planChainRepair(renamed, wanted(containerd21)).steps);
    expect(ourPlaces(repaired)).toEqual(['other/99-tsnctl.conf']);
    expect(Object.keys(repaired.dropIns)).toEqual(['other']);
  });

  it('with a broken file is a finding: no list would load', () => {
    const dir = directory({ 'a.conflist': list('a', 'x') }, { a: { '1.conf': '{' } });
    expect(codes(planChainInstall(dir, wanted(containerd21)))).toEqual(['error BROKEN a.conflist']);
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

describe('Cilium', () => {
  it('is named where its own file is edited', () => {
    const plan = planChainInstall(stored('cilium'), wanted());
    expect(codes(plan)).toEqual(['info CILIUM 05-cilium.conflist']);
    expect(codes(planChainInstall(stored('cilium'), wanted(containerd21)))).toEqual([]);
  });

  it('in exclusive mode is seen by the files that it has renamed', () => {
    const dir = {
      ...stored('cilium'),
      files: [...stored('cilium').files, confFile('10-flannel.conflist.cilium_bak', list('a', 'x'))],
    };
    expect(planChainInstall(dir, wanted()).findings).toEqual([
      {
        code: 'CILIUM_EXCLUSIVE',
        severity: 'warning',
        file: '05-cilium.conflist',
        message:
          'Cilium runs in exclusive mode (it has renamed 10-flannel.conflist): it takes our entry out of 05-cilium.conflist again',
        hint: "set cni.exclusive=false in Cilium's Helm values, then restart its agents",
      },
    ]);
  });

  it('that has renamed our list is an error, and the renamed one is removed', () => {
    const installed = install(stored('ovn'));
    const files = installed.files.map((file) =>
      file.name.endsWith('.conflist') ? { ...file, name: `${file.name}.cilium_bak` } : file,
    );
    const dir = { files: [...files, ...stored('cilium').files], dropIns: {} };
    const plan = planChainInstall(dir, wanted());
    expect(codes(plan)).toContain('error CILIUM_EXCLUSIVE 10-ovn-kubernetes-tsnctl.conflist.cilium_bak');
    const removed = apply(dir, planChainRemove(dir).steps);
    expect(Object.keys(texts(removed))).toEqual(['05-cilium.conflist', '10-ovn-kubernetes.conf']);
  });
});

describe('multus', () => {
  it('is left alone: the network that it calls is chained', () => {
    const plan = planChainInstall(stored('multus'), wanted());
    expect(plan.target).toMatchObject({ file: '10-flannel.conflist', way: 'edit' });
    expect(codes(plan)).toEqual(['info MULTUS 00-multus.conf']);
  });

  it('gets no list of ours that would make it call itself', () => {
    const dir = {
      ...stored('multus'),
      files: stored('multus').files.filter(({ name }) => name === '00-multus.conf'),
    };
    const plan = planChainInstall(dir, wanted());
    expect([plan.steps, codes(plan)]).toEqual([[], ['error MULTUS_ALONE 00-multus.conf']]);
  });

  it('finds our list of a .conf before that, and behind its own file', () => {
    const dir = {
      files: [
        ...stored('multus').files.filter(({ name }) => name === '00-multus.conf'),
        ...stored('ovn').files,
      ],
      dropIns: {},
    };
    const names = Object.keys(texts(install(dir)));
    expect(names).toEqual(['00-multus.conf', '10-ovn-kubernetes-tsnctl.conflist', '10-ovn-kubernetes.conf']);
  });
});

/** Where our plugin is, as a runtime would find it. */
function ourPlaces(dir: ConfDir): string[] {
  const mentions = (text: string) => text.includes('"type": "tsnctl"');
  const inside = Object.entries(dir.dropIns).flatMap(([name, files]) =>
    files.map((file) => ({ ...file, name: `${name}/${file.name}` })),
  );
  return [...dir.files, ...inside]
    .filter(({ bytes }) => mentions(textOf(bytes)))
    .map(({ name }) => name)
    .sort();
}

function replace(dir: ConfDir, name: string, change: (text: string) => string): ConfDir {
  return {
    ...dir,
    files: dir.files.map((file) =>
      file.name === name
        ? { ...file, bytes: Uint8Array.from(Buffer.from(change(textOf(file.bytes)), 'latin1')) }
        : file,
    ),
  };
}
