import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DISTRIBUTIONS } from '@tsnctl/cni';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findRuntime } from './find-runtime.ts';

const K3S = '/var/lib/rancher/k3s/agent/etc/containerd';
const node = (name: string) => fileURLToPath(new URL(`../../testdata/nodes/${name}`, import.meta.url));

/** A node with the files of these, all in one. */
function nodeLike(...names: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'tsnctl-runtimes-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const name of names) cpSync(node(name), root, { recursive: true });
  return root;
}

describe('the directories of', () => {
  it.each(DISTRIBUTIONS.filter(({ name }) => name !== 'openshift'))(
    "$name are those of its runtime's configuration",
    ({ name, runtime, runtimeConfig, confDir, binDir }) => {
      const found = findRuntime({ root: node(name) });
      expect(found).toMatchObject({ name: runtime, confDir, binDirs: [binDir] });
      expect(found.files).toContain(runtimeConfig);
      expect([undefined, runtimeConfig]).toContain(found.saidBy); // RKE2 leaves it at the default
    },
  );

  it('OpenShift are those of the network that calls multus', () => {
    expect(findRuntime({ root: node('openshift') })).toMatchObject({
      name: 'cri-o',
      confDir: '/etc/kubernetes/cni/net.d',
      binDirs: ['/var/lib/cni/bin', '/usr/libexec/cni'],
      saidBy: '/etc/crio/crio.conf.d/00-default',
    });
  });

  it('CRI-O are those of the last file that names them', () => {
    expect(findRuntime({ root: node('cri-o') })).toEqual({
      name: 'cri-o',
      confDir: '/etc/cni/net.d',
      binDirs: ['/usr/libexec/cni', '/opt/cni/bin'],
      defaultNetwork: 'pods',
      saidBy: '/etc/crio/crio.conf.d/10-crio.conf',
      files: ['/etc/crio/crio.conf', '/etc/crio/crio.conf.d/10-crio.conf'],
    });
  });

  it('containerd are those of the last import, each file once and by its own version', () => {
    expect(findRuntime({ root: node('containerd-2') })).toMatchObject({
      confDir: '/srv/cni/net.d',
      binDirs: ['/opt/cni/bin', '/usr/libexec/cni'],
      saidBy: '/etc/containerd/local.toml',
      files: ['/etc/containerd/config.toml', '/etc/containerd/local.toml'],
    });
    expect(findRuntime({ root: node('kubernetes') })).toMatchObject({
      binDirs: ['/opt/cni/bin'],
      files: [
        '/etc/containerd/config.toml',
        '/etc/containerd/conf.d/10-debug.toml',
        '/etc/containerd/conf.d/20-cni.toml',
      ],
    });
  });

  it('a node without any configuration are the defaults', () => {
    expect(findRuntime({ root: nodeLike() })).toEqual({
      name: 'containerd',
      files: [],
      confDir: '/etc/cni/net.d',
      binDirs: ['/opt/cni/bin'],
    });
  });
});

describe('several runtimes', () => {
  it('that mean the same are one', () => {
    expect(findRuntime({ root: nodeLike('kubernetes', 'rke2') }).confDir).toBe('/etc/cni/net.d');
  });

  it.each([
    [
      ['kubernetes', 'k3s'],
      `containerd uses /etc/cni/net.d by /etc/containerd/config.toml, containerd uses /var/lib/rancher/k3s/agent/etc/cni/net.d by ${K3S}/config.toml`,
      "--conf-dir /etc/cni/net.d or --conf-dir /var/lib/rancher/k3s/agent/etc/cni/net.d, whichever the kubelet's runtime uses",
    ],
    [
      ['kubernetes', 'cri-o'],
      'containerd uses /etc/cni/net.d by /etc/containerd/config.toml, cri-o uses /etc/cni/net.d by /etc/crio/crio.conf.d/10-crio.conf',
      '--runtime containerd or --runtime cri-o, whichever the kubelet uses',
    ],
  ])('that disagree are refused: %j', (names, both, hint) => {
    expect(() => findRuntime({ root: nodeLike(...names) })).toThrow(
      expect.objectContaining({
        code: 'SEVERAL_RUNTIMES',
        message: `this node has the configuration of several runtimes: ${both}`,
        hint,
      }),
    );
  });

  it('are told apart by their name', () => {
    const root = nodeLike('kubernetes', 'cri-o');
    expect(findRuntime({ root, name: 'cri-o' })).toMatchObject({ name: 'cri-o', defaultNetwork: 'pods' });
    expect(findRuntime({ root, name: 'containerd' })).toMatchObject({ name: 'containerd', maxConfNum: 1 });
    expect(findRuntime({ root: nodeLike('k3s'), name: 'cri-o' })).toMatchObject({ name: 'cri-o', files: [] });
  });
});

it.each([
  ['conf_dir = [', '/etc/containerd/config.toml is not TOML: line 1, column 12'],
  ['version = 9', '/etc/containerd/config.toml has version 9'],
  [
    'version = 2\nimports = ["gone.toml"]',
    '/etc/containerd/config.toml imports /etc/containerd/gone.toml, which is not there',
  ],
])('what the runtime would refuse is refused: %j', (text, message) => {
  const root = nodeLike('kubernetes');
  writeFileSync(join(root, 'etc/containerd/config.toml'), text);
  expect(() => findRuntime({ root })).toThrow(
    expect.objectContaining({ code: 'BAD_RUNTIME_CONFIG', message }),
  );
});
