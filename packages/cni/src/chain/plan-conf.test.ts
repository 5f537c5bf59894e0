import { describe, expect, it } from 'vitest';
import { codes, fileIn, install, list, ourPlaces, replace, wanted } from '../../test/chain-plans.ts';
import { apply, confFile, crio, stored, texts } from '../../test/directory.ts';
import { parseConfigList, planChainInstall, planChainRemove, planChainRepair } from '../index.ts';

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
