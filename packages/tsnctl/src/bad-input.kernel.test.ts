import { execFileSync } from 'node:child_process';
import { lock } from '@tsnctl/linux';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CliOptions, killRunning, runCli } from '../test/cli.ts';
import { requireMachine, whatIsMissing } from '../test/requirements.ts';
import { NodeStage } from '../test/stage.ts';

let stage: NodeStage;

beforeEach(requireMachine);
afterEach(async () => {
  expect(await killRunning()).toEqual([]);
});

function givenStage(): void {
  beforeAll(() => {
    if (whatIsMissing() === undefined) stage = NodeStage.create();
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());
}

describe('a command line that is not understood', () => {
  const priorities = 'numbers 1 to 15 or ranges of them: 3,5-6 (priority 0 is always allowed)';
  it.each([
    ['frobnicate', "unknown command 'frobnicate'. Try: tsnctl --help"],
    ['atach', "unknown command 'atach'. Try: attach; or tsnctl --help"],
    ['-o json', "unknown option '-o'. Try: tsnctl --help"],
    ['attach uplink', "missing required argument 'IF'. Try: tsnctl attach uplink --help"],
    ['attach uplink x --frob', "unknown option '--frob'. Try: tsnctl attach uplink --help"],
    ['attach uplink x --dryrun', "unknown option '--dryrun'. Try: --dry-run; or tsnctl attach uplink --help"],
    [
      'attach uplink x --clock foo',
      "option '--clock <clock>' argument 'foo' is invalid. Try: one of tai, mono, none",
    ],
    [
      'attach uplink x --clock',
      "option '--clock <clock>' argument missing. Try: tsnctl attach uplink --help",
    ],
    [
      'attach uplink x -o foo',
      "option '-o, --output <format>' argument 'foo' is invalid. Try: one of table, wide, json, yaml",
    ],
    ['attach pod x --allow 0', `"0" is not a list of priorities: "0". Try: ${priorities}`],
    ['attach pod x --allow 3,16', `"3,16" is not a list of priorities: "16". Try: ${priorities}`],
    ['attach pod x --allow x', `"x" is not a list of priorities: "x". Try: ${priorities}`],
    [
      'attach pod x --remap 6',
      '"6" is not a list of remappings: "6". Try: ASKED=SENT with priorities 1 to 15: 6=3 or 6=3,7=3',
    ],
    [
      'attach pod x --allow 3 --horizon 1s',
      '--horizon limits launch times, which this policy does not grant. Try: --txtime --horizon 1s',
    ],
    [
      'attach pod x --txtime --horizon 5',
      '"5" is not a horizon. Try: a number and a unit, from 1ns to 31536000s: 500us, 20ms, 10s',
    ],
    ['attach pod x --mode foo', "option '--mode <mode>' argument 'foo' is invalid. Try: one of host, pod"],
    ['attach pod x --hook foo', "option '--hook <hook>' argument 'foo' is invalid. Try: one of tcx, clsact"],
    ...['0s', '31536001s', '999999999999999999999s', '-1s', '1e3s'].map((horizon) => [
      `attach pod x --txtime --horizon=${horizon}`,
      `"${horizon}" is not a horizon. Try: a number and a unit, from 1ns to 31536000s: 500us, 20ms, 10s`,
    ]),
    [
      'attach pod x --allow 3,6 --remap 6=3',
      'priority 6 is both allowed and remapped to 3. Try: one of the two: --allow without 6, or --remap without 6=3',
    ],
    [
      'attach pod x --allow 6 --remap 6=3',
      'priority 6 is both allowed and remapped to 3. Try: one of the two: --allow without 6, or --remap without 6=3',
    ],
    [
      'attach pod x --allow 3,5 --remap 6=3,6=5',
      'priority 6 is remapped to 3 and to 5. Try: one of the two: --remap 6=5',
    ],
    ['attach pod x --remap 6=3', 'priority 6 is remapped to 3, which is not allowed. Try: --allow 3'],
    [
      'attach pod x --allow 5 --remap 6=3 --mode pod --clamp',
      'priority 6 is remapped to 3, which is not allowed. Try: --allow 3,5',
    ],
    [
      'attach pod x --clamp --txtime',
      '--clamp sends what is not allowed as what is, and nothing is allowed. Try: --allow 3,5-6 --clamp',
    ],
    ['attach pod x', 'this policy grants nothing. Try: --allow 3,5-6, or --txtime, or both'],
    [
      'demo --path ptp,foo',
      'there is no path "foo". Try: one of l2-bridge, bridge-route, masquerade, ptp, cluster-ip, node-port, load-balancer, host-port, vxlan',
    ],
    ['demo --count 0', '"0" is not a number of packets. Try: --count 1 to --count 1000'],
  ])('%s', async (line, stderr) => {
    expect(await runCli(line.split(' '))).toEqual({ code: 2, stdout: '', stderr: `tsnctl: ${stderr}\n` });
  });
});

describe('a machine that cannot', () => {
  const COMMAND = 'attach uplink nic0';
  const old = execFileSync('setarch', ['--uname-2.6', 'uname', '-r'], { encoding: 'utf8' }).trim();
  givenStage();

  it.each([
    [
      'an unprivileged user',
      { wrap: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] },
      1,
      'changing the data plane needs root; this process lacks CAP_NET_ADMIN and CAP_SYS_ADMIN. ' +
        'Try: sudo tsnctl ...; in a container, run it privileged',
    ],
    [
      'root without CAP_BPF and CAP_SYS_ADMIN',
      { wrap: ['setpriv', '--bounding-set=-sys_admin,-bpf', '--inh-caps=-sys_admin,-bpf'] },
      1,
      'changing the data plane needs root; this process lacks CAP_SYS_ADMIN. ' +
        'Try: sudo tsnctl ...; in a container, run it privileged',
    ],
    [
      'the root of a user namespace',
      { wrap: ['unshare', '--user', '--map-root-user'] },
      1,
      'the root of a user namespace may not change the data plane. Try: sudo tsnctl ... outside of that namespace',
    ],
    [
      'no bpf(2)',
      { preload: 'no-bpf.ts' },
      4,
      'this process has no bpf(2): the kernel or a seccomp filter hides it. ' +
        'Try: a kernel with CONFIG_BPF_SYSCALL, and a container whose seccomp profile allows bpf',
    ],
    [
      'a kernel before 5.18',
      { wrap: ['setarch', '--uname-2.6'] },
      4,
      `kernel ${old} is too old: it keeps no delivery time while forwarding. Try: kernel 5.18 or newer; 6.11 or newer for host mode`,
    ],
    [
      'no libbpf',
      { prepare: 'mount --bind /dev/null "$(ldconfig -p | sed -n "s/.*libbpf.so.1 .*=> //p" | head -1)"' },
      4,
      'load the programs and pin their tables: libbpf.so.1 is not on this machine; nothing is changed. ' +
        'Try: apt-get install libbpf1 (Debian, Ubuntu) or dnf install libbpf (Fedora)',
    ],
    [
      'no BPF file system',
      { bpffs: null },
      1,
      'no BPF file system is mounted at /sys/fs/bpf, so nothing can be pinned. Try: mount -t bpf bpf /sys/fs/bpf',
    ],
  ] satisfies [string, CliOptions, number, string][])('%s', async (_, options, code, stderr) => {
    await stage.expectRefusal(COMMAND, options, code, stderr);
  });

  it('another tsnctl at work', async () => {
    using _ = lock(stage.lab.bpffs);
    await stage.expectRefusal(
      COMMAND,
      {},
      1,
      'another tsnctl is changing /sys/fs/bpf. Try: again when it is done; fuser -v /sys/fs/bpf shows who it is',
    );
  });
});
