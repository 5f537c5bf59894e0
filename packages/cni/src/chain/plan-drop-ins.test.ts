import { describe, expect, it } from 'vitest';
import { codes, fileIn, install, list, ourPlaces, replace, wanted } from '../../test/chain-plans.ts';
import { apply, containerd16, containerd21, directory, stored, textOf, texts } from '../../test/directory.ts';
import { planChainInstall, planChainRemove, planChainRepair } from '../index.ts';

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
