import { once } from 'node:events';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONF_DIR, FileNode } from '../../proxy/test/install-node.ts';
import { captureRun } from '../test/capture-run.ts';

let node: FileNode;
let before: Record<string, string>;
beforeEach(() => {
  node = new FileNode();
  before = node.snapshot();
});
afterEach(() => node[Symbol.dispose]());

const bundle = (version = '1.0.0') => join(node.directory, version);

/** `tsnctl VERB` on the node's tree, with a Node that is there. */
async function tsnctl(verb: string, ...args: string[]) {
  const install = verb === 'install' || verb === 'upgrade';
  const how = install ? ['--bundle', bundle(), '--node', '/node'] : [];
  return await captureRun([verb, '--root', node.root, ...how, ...args]);
}

beforeEach(() => nodeThatSays('v24.1.0'));
function nodeThatSays(version: string): void {
  node.write('/node', `#!/bin/sh\necho ${version}\n`, 0o755);
  before = node.snapshot();
}

function refusal(message: string, code: number) {
  return { code, stdout: '', stderr: `tsnctl: ${message}\n` };
}

describe('from install to uninstall', () => {
  it('shows the plan, does it, tells how it is, and takes it back', async () => {
    const shown = await tsnctl('install', '--dry-run');
    expect(shown.stdout).toMatch(/^\d+ steps would be taken:\n 1\. make the directory \/opt\/tsnctl\n/);
    expect(shown.stdout).toContain(
      '13. replace /etc/cni/net.d/10-flannel.conflist, mode 0640: chain our plugin\n',
    );
    expect(node.snapshot()).toEqual(before);

    const done = await tsnctl('install');
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/^13 steps done:\n/);
    expect(done.stderr).toBe(
      `next: the agent starts with the node that ${node.root} becomes: /opt/tsnctl/current/bin/tsnctl agent\n`,
    );
    expect(await tsnctl('install')).toMatchObject({ stdout: 'nothing to do: all is as wanted\n' });

    const status = await tsnctl('status', '-o', 'json');
    expect(status.code).toBe(3); // no agent runs in a tree of files
    expect(JSON.parse(status.stdout)).toMatchObject({
      installed: '1.0.0',
      agent: { state: 'stopped', unit: 'none' },
      chain: { directory: CONF_DIR, file: '10-flannel.conflist', place: 'last' },
      drift: [],
    });
    const upgrade = await tsnctl('upgrade', '--bundle', bundle('1.1.0'), '-o', 'yaml');
    expect(upgrade.stdout).toContain('do: remove-tree');

    const gone = await tsnctl('uninstall', '-o', 'json');
    expect(JSON.parse(gone.stdout)).toMatchObject({ dryRun: false, left: [] });
    expect(node.snapshot()).toEqual(before);
    expect(await tsnctl('uninstall')).toMatchObject({ code: 0, stdout: 'nothing to do: all is as wanted\n' });
  });

  it('keeps its hands off the chain where it is told to', async () => {
    await tsnctl('install', '--chain', 'never');
    expect(node.read('/etc/tsnctl/config.yaml')).toContain('chain: never\n');
    expect(node.read(`${CONF_DIR}/10-flannel.conflist`)).not.toContain('tsnctl');
    expect((await tsnctl('status')).stdout).toContain('chain      never\n');
  });

  it('takes the configuration that is given, and grants what it grants', async () => {
    const file = join(node.directory, 'node.yaml');
    writeFileSync(file, 'chain:\n  grant:\n    priorities: 3,5-6\n    txtime: true\n    horizon: 20ms\n');
    await tsnctl('install', '--config', file);
    expect(node.read(`${CONF_DIR}/10-flannel.conflist`)).toContain(
      '"grant": {"priorities": "3,5-6", "txtime": true, "horizon": "20ms"}',
    );
  });

  it('says that there is no network to chain yet; the agent does it when one comes', async () => {
    rmSync(join(node.root, CONF_DIR, '10-flannel.conflist'));
    const { stdout, code } = await tsnctl('install');
    expect(code).toBe(0);
    expect(stdout).toContain(
      'warning  NO_NETWORK: there is no network configuration. Try: install a CNI plugin first; the chain is laid as soon as it has written its file\n',
    );
  });

  it('names each thing that has drifted', async () => {
    await tsnctl('install');
    rmSync(join(node.root, '/opt/cni/bin/tsnctl'));
    chmodSync(join(node.root, '/opt/tsnctl/1.0.0/lib/main.js'), 0o666);
    const { stdout, code } = await tsnctl('status');
    expect(code).toBe(3);
    expect(stdout).toContain('drift      2\n');
    expect(stdout).toContain('    to do: write /opt/cni/bin/tsnctl, mode 0755: the CNI plugin\n');
    expect(stdout).toContain('main.js, mode 0644: it is not as it was installed\n');
  });

  it('says that there is no journal, and what it leaves', async () => {
    await tsnctl('install');
    rmSync(join(node.root, '/var/lib/tsnctl'), { recursive: true });
    const { stdout, stderr } = await tsnctl('uninstall');
    expect(stderr).toBe(
      'there is no journal: this goes by what is found; what was there before is not known\n',
    );
    expect(stdout).toContain(
      'left as it is:\n    /etc/tsnctl/config.yaml: without the journal it may be yours\n',
    );
  });

  it('says where nothing is installed', async () => {
    const { code, stdout } = await tsnctl('status', '--wait', '10ms');
    expect({ code, stdout }).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('installed  no: tsnctl install\n'),
    });
  });
});

describe('what is refused, before the first step', () => {
  it.each([
    [
      'uninstall',
      ['--context', 'plant'],
      '--context is for --cluster. Try: tsnctl uninstall --cluster --context ...',
    ],
    ['uninstall', ['--wait', '1m'], '--wait is for --cluster. Try: tsnctl uninstall --cluster --wait ...'],
    ['install', ['--image', 'x'], '--image is for --cluster. Try: tsnctl install --cluster --image ...'],
    [
      'upgrade',
      ['--kubeconfig', 'x'],
      '--kubeconfig is for --cluster. Try: tsnctl upgrade --cluster --kubeconfig ...',
    ],
    [
      'install',
      ['--cluster'],
      '--root is about this node, --cluster is about all of a cluster. Try: without --root; or without --cluster, on the node itself',
    ],
  ])(
    '%s %j: what is for a cluster is not done to this node, nor the other way round',
    async (verb, args, message) => {
      expect(await tsnctl(verb, ...args)).toEqual(refusal(message, 2));
      expect(node.snapshot()).toEqual(before);
    },
  );

  const manifest = (over: object) => {
    const { bundle: good } = node.desired();
    writeFileSync(join(bundle(), 'manifest.json'), JSON.stringify({ ...good, ...over }));
  };
  const cases: [string, () => unknown, string[], string, number][] = [
    [
      'no bundle',
      () => rmSync(join(bundle(), 'manifest.json')),
      ['install'],
      'BUNDLE holds no bundle: there is no manifest.json. Try: npm run build makes packages/tsnctl/dist/bundle; --bundle DIR names another',
      1,
    ],
    [
      'a manifest that leads out of the bundle',
      () => manifest({ files: [{ path: '../../etc/passwd', mode: 0o644, sha256: '0'.repeat(64), size: 1 }] }),
      ['install'],
      'BUNDLE/manifest.json is no manifest of a bundle. Try: npm run build makes it anew',
      1,
    ],
    [
      'another architecture',
      () => manifest({ arch: 'riscv64' }),
      ['install'],
      `this bundle is for riscv64, and this machine is ${process.arch}. Try: npm run build on a machine that is ${process.arch}`,
      4,
    ],
    [
      'an old Node',
      () => nodeThatSays('v20.20.2'),
      ['install'],
      'ROOT/node is v20.20.2; Node 24 or newer is needed. Try: without --node, the Node that runs this command is copied; or --node PATH of a newer one',
      4,
    ],
    [
      'no room',
      () => manifest({ files: node.desired().bundle.files.map((file) => ({ ...file, size: 4e15 })) }),
      ['install'],
      'ROOT/opt has FREE MB left; /opt/tsnctl needs 20000000017 MB. Try: make room; --node PATH does with 130 MB less',
      1,
    ],
    [
      'no directory of the runtime',
      () => rmSync(join(node.root, CONF_DIR), { recursive: true }),
      ['install'],
      "there is no directory /etc/cni/net.d. Try: --conf-dir DIR, as the runtime's configuration has it; --chain never leaves the runtime alone",
      1,
    ],
    [
      'an upgrade of nothing',
      () => undefined,
      ['upgrade'],
      'tsnctl is not installed on this node. Try: tsnctl install',
      1,
    ],
    [
      'a choice against a configuration',
      () => node.write('/etc/tsnctl/config.yaml', 'chain: auto\n', 0o600),
      ['install', '--chain', 'never'],
      '--chain is for a node without a configuration; /etc/tsnctl/config.yaml says it here. Try: chain: never in /etc/tsnctl/config.yaml',
      2,
    ],
    [
      'a second configuration',
      () => node.write('/etc/tsnctl/config.yaml', 'chain: auto\n', 0o600),
      ['install', '--config', 'x.yaml'],
      'this node has a configuration, /etc/tsnctl/config.yaml: it stays. Try: without --config; or change /etc/tsnctl/config.yaml: the agent takes it up by itself',
      2,
    ],
    [
      'a configuration that is not there',
      () => undefined,
      ['install', '--config', '/nowhere/x.yaml'],
      '/nowhere/x.yaml: no such file or directory. Try: a file that exists and can be read; - is standard input',
      2,
    ],
    [
      'no time',
      () => undefined,
      ['install', '--wait', 'soon'],
      '"soon" is no time to wait. Try: 500ms, 30s, 2m',
      2,
    ],
  ];
  it.each(cases)('%s', async (_, prepare, [verb = '', ...args], message, code) => {
    prepare();
    before = node.snapshot();
    const result = await tsnctl(verb, ...args);
    const plain = result.stderr
      .replaceAll(bundle(), 'BUNDLE')
      .replaceAll(node.root, 'ROOT')
      .replace(/has \d+ MB/, 'has FREE MB');
    expect({ ...result, stderr: plain }).toEqual(refusal(message, code));
    expect(node.snapshot()).toEqual(before);
  });

  it('another version by install', async () => {
    await tsnctl('install');
    expect(await tsnctl('install', '--bundle', bundle('1.1.0'))).toEqual(
      refusal('tsnctl 1.0.0 is installed, and this is 1.1.0. Try: tsnctl upgrade', 1),
    );
  });

  it('a wrong configuration, by file, line and key', async () => {
    node.write('/etc/tsnctl/config.yaml', 'chain: sometimes\n', 0o600);
    const { code, stderr } = await tsnctl('install');
    expect(code).toBe(2);
    expect(stderr).toContain(`${node.root}/etc/tsnctl/config.yaml:1:8`);
    expect(stderr).toContain('chain');
  });

  it('an uninstall beside an agent that somebody has started', async () => {
    await tsnctl('install');
    node.write('/run/tsnctl/x', '');
    const path = join(node.root, '/run/tsnctl/agent.sock');
    const server = createServer().listen(path);
    await once(server, 'listening');
    try {
      expect(await tsnctl('uninstall')).toEqual(
        refusal(
          `an agent listens on ${path}, which systemd has not started. Try: stop it first: fuser -v ${path} shows it; what is attached stays attached meanwhile`,
          1,
        ),
      );
    } finally {
      server.close();
    }
  });
});
