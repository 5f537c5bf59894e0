import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CapturedRuns } from '../test/capture-run.ts';

const LIST = `{
  "name": "pods", "cniVersion": "1.1.0",
  "plugins": [ {"type": "first"} ]
}
`;
const RESULT =
  '{"cniVersion":"1.1.0","interfaces":[{"name":"br0"},{"name":"eth0","sandbox":"/run/netns/web"}],"ips":[{"address":"10.1.0.5/16","interface":1}]}';

let folder: string;
const cli = new CapturedRuns();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tsnctl-cni-cli-'));
  writeFileSync(join(folder, '10-pods.conflist'), LIST, { mode: 0o644 });
  plugin('first', `case $CNI_COMMAND in ADD) echo '${RESULT}';; esac`);
  plugin(
    'tsnctl',
    `input=$(cat); echo "$CNI_COMMAND $CNI_CONTAINERID $CNI_NETNS $CNI_IFNAME $CNI_ARGS $input" >> ${folder}/calls
     case $CNI_COMMAND in
       ADD) echo '${RESULT}';;
       CHECK|STATUS) echo '{"code":100,"msg":"saver is not attached to veth1","details":"Try: wait"}'; exit 1;;
     esac`,
  );
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('tsnctl cni install and remove', () => {
  it('show first, then put our plugin in, and take it out byte for byte', async () => {
    expect(await cni('install --grant 1-6 --grant-txtime --dry-run')).toBe(0);
    expect(cli.stdout).toMatch(
      /^1 step would be taken in .*, network pods of 10-pods.conflist\n 1\. rewrite 10-pods.conflist: chain our plugin\n/,
    );
    expect(cli.stdout).toContain('"grant": {"priorities": "1-6", "txtime": true}');
    expect(list()).toBe(LIST);
    expect(await cni('install --grant 1-6')).toBe(0);
    expect(JSON.parse(list()).plugins.at(-1)).toMatchObject({ type: 'tsnctl', grant: { priorities: '1-6' } });
    expect(await cni('install --grant 1-6')).toBe(0);
    expect(cli.stdout).toMatch(/^nothing to do in /);
    expect(await cni('remove -o json')).toBe(0);
    expect(JSON.parse(cli.stdout)).toMatchObject({
      dryRun: false,
      target: null,
      steps: [{ kind: 'write-file', path: '10-pods.conflist', bytes: LIST }],
      findings: [],
    });
    expect(list()).toBe(LIST);
  });

  it('refuse a directory without a network, and one that is not there', async () => {
    rmSync(join(folder, '10-pods.conflist'));
    expect(await cni('install')).toBe(1);
    expect(cli.stderr).toBe(
      'tsnctl: there is no network configuration. Try: install a CNI plugin first; the chain is laid as soon as it has written its file\n',
    );
    expect(await cni('install', '/nowhere')).toBe(1);
    expect(cli.stderr).toBe(
      "tsnctl: there is no directory /nowhere. Try: --conf-dir DIR, as the runtime's configuration has it; crictl info shows it\n",
    );
  });

  it.each([
    [
      '--grant 3,x',
      '"3,x" is not a list of priorities: "x". Try: numbers 1 to 15 or ranges of them: 3,5-6 (priority 0 is always allowed)',
    ],
    [
      '--grant-horizon 20ms',
      '--grant-horizon limits launch times, which are not granted. Try: --grant-txtime --grant-horizon 20ms',
    ],
    [
      '--grant-txtime --grant-horizon 20',
      '"20" is not a horizon. Try: a number and a unit, from 1ns to 31536000s: 500us, 20ms, 10s',
    ],
  ])('refuse a wrong grant before anything is changed: %s', async (options, message) => {
    expect(await cni(`install ${options}`)).toBe(2);
    expect(cli).toMatchObject({ stdout: '', stderr: `tsnctl: ${message}\n` });
    expect(list()).toBe(LIST);
  });
});

describe('tsnctl cni show', () => {
  it('shows the list, our place, and what is recorded', async () => {
    const state = join(folder, 'state');
    expect(await cni(`show --state ${state}`)).toBe(0);
    expect(cli.stdout).toBe(
      `directory  ${folder}\nnetwork    pods, from 10-pods.conflist\nchain      first\nour place  missing: tsnctl cni install\n`,
    );
    await cni('install');
    expect(await cni(`show --state ${state}`)).toBe(0);
    expect(cli.stdout).toContain('chain      first -> [tsnctl]\nour place  last\n');
    expect(await cni(`show --state ${state} -o yaml`)).toBe(0);
    expect(cli.stdout).toContain('place: last\n');
    expect(cli.stdout).toContain('attachments: []\n');
  });

  it('finds our plugin where it is a drop-in, without being told of that', async () => {
    await cni('install --drop-ins');
    for (const told of ['', ' --drop-ins']) {
      expect(await cni(`show --state ${folder}/state${told}`)).toBe(0);
      expect(cli.stdout).toContain('chain      first -> [tsnctl]\nour place  last\n');
    }
  });

  it('says what is amiss, with its mend', async () => {
    writeFileSync(join(folder, '05-broken.conf'), '{');
    expect(await cni(`show --state ${folder}/state`)).toBe(3);
    expect(cli.stdout).toMatch(
      /\nerror {2}BROKEN: 05-broken.conf cannot be read: .*Try: its owner has to mend it/,
    );
  });

  it('shows a list of ours that stands for a .conf', async () => {
    rmSync(join(folder, '10-pods.conflist'));
    writeFileSync(join(folder, '10-pods.conf'), '{"cniVersion":"1.0.0","name":"pods","type":"first"}');
    await cni('install');
    expect(await cni(`show --state ${folder}/state`)).toBe(0);
    expect(cli.stdout).toContain(
      'network    pods, from 10-pods-tsnctl.conflist\nchain      first -> [tsnctl]\n',
    );
  });
});

describe('tsnctl cni add, del, check, gc, status', () => {
  const container = '--container web --netns /run/netns/web';
  beforeEach(() => cni('install --drop-ins'));

  it('run the chain that the runtime runs', async () => {
    expect(
      await cni(`add ${container} --drop-ins --args K8S_POD_NAME=web --annotation tsnctl.dev/priorities=3`),
    ).toBe(0);
    expect(cli.stdout).toBe(
      'INTERFACE  NAMESPACE       ADDRESSES\nbr0        the node\neth0       /run/netns/web  10.1.0.5/16\n',
    );
    const [call = ''] = calls();
    expect(call).toMatch(/^ADD web \/run\/netns\/web eth0 IgnoreUnknown=1;K8S_POD_NAME=web \{/);
    expect(call).toContain(
      '"runtimeConfig":{"io.kubernetes.cri.pod-annotations":{"tsnctl.dev/priorities":"3"}}',
    );
    expect(await cni(`add ${container} --drop-ins -o json`)).toBe(0);
    expect(JSON.parse(cli.stdout)).toEqual(JSON.parse(RESULT));
    writeFileSync(join(folder, 'web.json'), cli.stdout);
    expect(await cni(`del --container web --drop-ins --result ${folder}/web.json`)).toBe(0);
    expect(cli.stdout).toBe('DEL: done\n');
    expect(calls().at(-1)).toMatch(/^DEL web {2}eth0 .*"prevResult"/);
    expect(await cni('gc --valid web/eth0 --drop-ins -o json')).toBe(0);
    expect(JSON.parse(cli.stdout)).toEqual({ command: 'GC', ok: true });
    expect(calls().at(-1)).toContain('"cni.dev/valid-attachments":[{"containerID":"web","ifname":"eth0"}]');
    expect(await cni('del --container web')).toBe(0); // without drop-ins our plugin is not asked
    expect(calls().at(-1)).toMatch(/^GC/);
  });

  it('end with 3 where a plugin says no to CHECK and STATUS', async () => {
    writeFileSync(join(folder, 'web.json'), RESULT);
    expect(await cni(`check ${container} --drop-ins --result ${folder}/web.json`)).toBe(3);
    expect(cli.stderr).toBe('tsnctl: tsnctl failed (CHECK): saver is not attached to veth1\n    Try: wait\n');
    expect(await cni('status --drop-ins -o json')).toBe(3);
    expect(JSON.parse(cli.stdout)).toEqual({
      ok: false,
      code: 100,
      message: 'tsnctl failed (STATUS): saver is not attached to veth1',
      details: 'Try: wait',
    });
    expect(await cni('status')).toBe(0);
    expect(cli.stdout).toBe('all is well\n');
  });

  it.each([
    [
      'add --container ../.. --netns /run/netns/web',
      '--container "../..": CNI_CONTAINERID has characters that no container id may have. Try: letters, digits, dots, dashes and underscores: web-1',
    ],
    [
      'add --container web --netns /x --ifname a/b',
      '--ifname "a/b": CNI_IFNAME has a slash, a colon or white space. Try: eth0',
    ],
    ['add --container web', "required option '--netns <path>' not specified. Try: tsnctl cni add --help"],
    ['check --container web --netns /x', 'CHECK needs what ADD has printed. Try: --result FILE'],
    ['gc --valid web', '"web" is no attachment. Try: CONTAINER/IFNAME: --valid web/eth0'],
    ['add --container web --netns /x --args x', '"x" is no KEY=VALUE. Try: --args <key=value>'],
    [
      'del --container web --result /nowhere',
      '/nowhere: no such file or directory. Try: a file that exists and can be read; - is standard input',
    ],
  ])('refuse: %s', async (line, message) => {
    expect(await cni(line)).toBe(2);
    expect(cli).toMatchObject({ stdout: '', stderr: `tsnctl: ${message}\n` });
    expect(calls()).toEqual([]);
  });

  it('name the plugin that is not installed', async () => {
    rmSync(join(folder, 'first'));
    expect(await cni(`add ${container}`)).toBe(1);
    expect(cli.stderr).toBe('tsnctl: the plugin "first" is not installed\n');
  });
});

describe("without a directory, the runtime's own configuration", () => {
  /** What containerd's configuration says on this test's node, which is the folder. */
  const containerd = (cni: string) => write('etc/containerd/config.toml', `version = 3\n${cni}`);
  const CNI = "[plugins.'io.containerd.cri.v1.runtime'.cni]\nconf_dir = '/nets'\nbin_dirs = ['/plugins']\n";
  const here = (line: string) => cni(`${line} --host-root ${folder}`, null);
  beforeEach(() => {
    containerd(CNI);
    write('nets/10-pods.conflist', LIST);
    write('plugins/first', `#!/bin/sh\necho '${RESULT}'\n`);
    chmodSync(join(folder, 'plugins/first'), 0o755);
  });

  it('says where the network is, and show, install and remove say which file did', async () => {
    expect(await here(`show --state ${folder}/state`)).toBe(0);
    expect(cli.stdout).toContain(
      `directory  ${folder}/nets\nsaid by    /etc/containerd/config.toml\nnetwork    pods`,
    );
    expect(await here('install --grant 1-6')).toBe(0);
    expect(cli.stdout).toMatch(
      /^1 step done in \S+\/nets \(\/etc\/containerd\/config\.toml\), network pods of /,
    );
    expect(await here('show -o json')).toBe(0);
    expect(JSON.parse(cli.stdout)).toMatchObject({
      confDir: `${folder}/nets`,
      saidBy: '/etc/containerd/config.toml',
      place: 'last',
    });
    expect(await here('remove')).toBe(0);
    expect(readFileSync(join(folder, 'nets/10-pods.conflist'), 'utf8')).toBe(LIST);
  });

  it('says where the plugins are that a chain runs', async () => {
    expect(await here('add --container web --netns /run/netns/web')).toBe(0);
    expect(cli.stdout).toContain('eth0       /run/netns/web  10.1.0.5/16\n');
    rmSync(join(folder, 'nets/10-pods.conflist'));
    expect(await here('status')).toBe(1);
    expect(cli.stderr).toMatch(
      /^tsnctl: \S+\/nets \(\/etc\/containerd\/config\.toml\): there is no network configuration\. Try: /,
    );
  });

  it('of several runtimes that disagree is refused, and one is named', async () => {
    write('etc/crio/crio.conf.d/10-crio.conf', '[crio.network]\nnetwork_dir = "/other"\n');
    expect(await here('install')).toBe(1);
    expect(cli.stderr).toBe(
      'tsnctl: this node has the configuration of several runtimes: containerd uses /nets by /etc/containerd/config.toml, cri-o uses /other by /etc/crio/crio.conf.d/10-crio.conf. Try: --runtime containerd or --runtime cri-o, whichever the kubelet uses\n',
    );
    expect(await here('install --runtime containerd')).toBe(0);
    expect(await here(`show --runtime cri-o --state ${folder}/state`)).toBe(0);
    expect(cli.stdout).toContain(
      `directory  ${folder}/other\nsaid by    /etc/crio/crio.conf.d/10-crio.conf\n`,
    );
  });

  it('that is broken is refused', async () => {
    containerd('nets = [');
    expect(await here('remove')).toBe(1);
    expect(cli.stderr).toBe(
      'tsnctl: /etc/containerd/config.toml is not TOML: line 2, column 8. Try: the runtime itself would not start with it\n',
    );
  });
});

/** `tsnctl cni LINE`, with this test's directories. */
async function cni(line: string, confDir: string | null = folder): Promise<number> {
  const words = line.split(' ');
  const runs = ['add', 'del', 'check', 'gc', 'status'].includes(words[0] ?? '');
  const named = confDir === null ? [] : ['--conf-dir', confDir, ...(runs ? ['--bin-dir', folder] : [])];
  return cli.run(['cni', ...words, ...named]);
}

function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function plugin(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

function list(): string {
  return readFileSync(join(folder, '10-pods.conflist'), 'utf8');
}

function calls(): string[] {
  try {
    return readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}
