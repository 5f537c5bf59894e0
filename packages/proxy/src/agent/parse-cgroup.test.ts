import { describe, expect, it } from 'vitest';
import { parseCgroup } from './parse-cgroup.ts';

const UID = '0f3a1b2c-4d5e-6f70-8192-a3b4c5d6e7f8';
const SLICE_UID = UID.replaceAll('-', '_');
const ID = 'c0ffee00'.repeat(8);

describe('parseCgroup', () => {
  it.each([
    [
      'containerd, systemd driver, v2',
      `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${SLICE_UID}.slice/cri-containerd-${ID}.scope\n`,
    ],
    ['CRI-O, guaranteed', `0::/kubepods.slice/kubepods-pod${SLICE_UID}.slice/crio-${ID}.scope\n`],
    [
      'a container with cgroups of its own',
      `0::/kubepods.slice/kubepods-pod${SLICE_UID}.slice/crio-${ID}.scope/init\n`,
    ],
    ['cgroupfs driver', `0::/kubepods/besteffort/pod${UID}/${ID}\n`],
    ['v1', `12:cpuset:/kubepods/pod${UID}/${ID}\n1:name=systemd:/kubepods/pod${UID}/${ID}\n0::/\n`],
    ['seen from a cgroup namespace', `0::/../../kubepods/burstable/pod${UID}/${ID}\n`],
  ])('%s', (_, text) => {
    expect(parseCgroup(text)).toEqual({ uid: UID, container: ID });
  });

  it.each([
    ['a static pod', `0::/kubepods/pod${'ab'.repeat(16)}/${ID}\n`, { uid: 'ab'.repeat(16), container: ID }],
    ['docker', `0::/system.slice/docker-${ID}.scope\n`, { container: ID }],
    ['podman', `0::/machine.slice/libpod-${ID}.scope/container\n`, { container: ID }],
    ['the pod alone', `0::/kubepods/pod${UID}\n`, { uid: UID }],
    ['a service of the node', '0::/system.slice/ssh.service\n', {}],
    ['no UID', '0::/kubepods/podman/x\n', {}],
    ['a process that has ended', '', {}],
    ['nonsense', '\u0000:::\n::', {}],
  ])('%s', (_, text, identity) => {
    expect(parseCgroup(text)).toEqual(identity);
  });
});
