import { describe, expect, it } from 'vitest';
import { codes, install, list, wanted } from '../../test/chain-plans.ts';
import { apply, confFile, containerd21, stored, texts } from '../../test/directory.ts';
import { planChainInstall, planChainRemove } from '../index.ts';

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
