import { describe, expect, it } from 'vitest';
import { confDirs as confDirsOf, DISTRIBUTIONS, type RuntimeName } from './index.ts';

const confDirs = (runtime: RuntimeName, texts: readonly string[]) =>
  confDirsOf(
    runtime,
    texts.map((text, at) => ({ file: `/etc/${at}.toml`, text })),
  );

describe('confDirs of containerd', () => {
  it.each([
    [1, '[plugins.cri.cni]'],
    [2, '[plugins."io.containerd.grpc.v1.cri".cni]'],
    [3, "[plugins.'io.containerd.cri.v1.runtime'.cni]"],
    [4, "[plugins.'io.containerd.cri.v1.runtime'.cni]"],
  ])('reads version %i', (version, table) => {
    const text = `version = ${version}\n${table}\n  bin_dir = "/opt/bin"\n  conf_dir = "/etc/nets"\n  max_conf_num = 2\n`;
    expect(confDirs('containerd', [text])).toEqual({
      confDir: '/etc/nets',
      binDirs: ['/opt/bin'],
      maxConfNum: 2,
      saidBy: '/etc/0.toml',
    });
  });

  it("has the runtime's own defaults", () => {
    const expected = { confDir: '/etc/cni/net.d', binDirs: ['/opt/cni/bin'] };
    for (const texts of [
      [],
      [''],
      ['version = 3'],
      ['version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\nconf_dir = ""'],
    ])
      expect(confDirs('containerd', texts)).toEqual(expected);
  });

  it('ignores the table of another version, as containerd does', () => {
    const text = 'version = 3\n[plugins."io.containerd.grpc.v1.cri".cni]\nconf_dir = "/old"';
    expect(confDirs('containerd', [text]).confDir).toBe('/etc/cni/net.d');
  });

  it('takes a file without a version for one of version 1, where long names are known, too', () => {
    const names = ['cri', '"io.containerd.grpc.v1.cri"'];
    for (const name of names)
      expect(confDirs('containerd', [`[plugins.${name}.cni]\nconf_dir = "/x/"`]).confDir).toBe('/x');
  });

  it('reads several directories of plugins, imports, the template and runtime classes', () => {
    const text = `version = 3
imports = ["/etc/containerd/conf.d/*.toml"]
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dir = ''
bin_dirs = ['/opt/cni/bin', '/usr/lib/cni']
conf_template = '/etc/cni.tmpl'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
cni_conf_dir = ''
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.kata]
cni_conf_dir = '/etc/kata/net.d'`;
    expect(
      confDirs('containerd', [
        text,
        'version = 3\n[plugins."io.containerd.cri.v1.runtime".cni]\nconf_dir = "/later"',
      ]),
    ).toEqual({
      confDir: '/later',
      saidBy: '/etc/1.toml',
      binDirs: ['/opt/cni/bin', '/usr/lib/cni'],
      confTemplate: '/etc/cni.tmpl',
      runtimes: { kata: '/etc/kata/net.d' },
      imports: ['/etc/containerd/conf.d/*.toml'],
    });
  });

  it.each([
    ['x = [', '/etc/0.toml is not TOML: line 1, column 5'],
    ['version = 5', '/etc/0.toml has version 5'],
    [
      'version = 3\n[plugins."io.containerd.cri.v1.runtime".cni]\nconf_dir = 1',
      'plugins.io.containerd.cri.v1.runtime.cni.conf_dir is not a string',
    ],
    [
      'version = 3\n[plugins."io.containerd.cri.v1.runtime".cni]\nbin_dirs = "x"',
      'plugins.io.containerd.cri.v1.runtime.cni.bin_dirs is not a list of strings',
    ],
  ])('refuses %j', (text, message) => {
    expect(() => confDirs('containerd', [text])).toThrow(
      expect.objectContaining({ code: 'BAD_RUNTIME_CONFIG', message }),
    );
  });
});

describe('confDirs of CRI-O', () => {
  it('lets the later file win', () => {
    const texts = [
      '[crio.network]\nnetwork_dir = "/etc/cni/net.d/"\nplugin_dirs = ["/opt/cni/bin/"]',
      '[crio.network]\nnetwork_dir = "/etc/kubernetes/cni/net.d/"\ncni_default_network = "pods"',
    ];
    expect(confDirs('cri-o', texts)).toEqual({
      confDir: '/etc/kubernetes/cni/net.d',
      saidBy: '/etc/1.toml',
      binDirs: ['/opt/cni/bin'],
      defaultNetwork: 'pods',
    });
    expect(confDirs('cri-o', ['[crio.network]\nplugin_dir = "/old/"']).binDirs).toEqual(['/old']);
    expect(confDirs('cri-o', [])).toEqual({ confDir: '/etc/cni/net.d', binDirs: ['/opt/cni/bin'] });
  });
});

it('every distribution has absolute paths and says where they are from', () => {
  expect(DISTRIBUTIONS.map(({ name }) => name)).toEqual([
    'kubernetes',
    'k3s',
    'rke2',
    'microk8s',
    'gke',
    'openshift',
  ]);
  for (const { confDir, binDir, runtimeConfig, source } of DISTRIBUTIONS) {
    for (const path of [confDir, binDir, runtimeConfig]) expect(path).toMatch(/^\/.*[^/]$/);
    expect(source).toMatch(/./);
  }
});
