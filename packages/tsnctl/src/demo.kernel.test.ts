import { chmodSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DemoResult, sweep } from '@tsnctl/lab';
import { NetlinkSocket, NetNs } from '@tsnctl/linux';
import { getLink } from '@tsnctl/netlink';
import type { BpfProgram } from 'libbpf-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHECKOUT, Cli, killRunning, runCli } from '../test/cli.ts';
import { demoAt, hasTalkers } from '../test/demo-at.ts';
import { clearingProgram } from '../test/foreign.ts';
import { remainsOf, sysctls } from '../test/remains.ts';
import { requireMachine } from '../test/requirements.ts';

/** All nine are run by `npm run demo` and by the lab's own tests. */
const PATHS = ['l2-bridge', 'node-port', 'vxlan'];
let before: Record<string, string>;

beforeEach((ctx) => {
  requireMachine(ctx);
  before = sysctls();
});

afterEach(async () => {
  const running = await killRunning();
  sweep();
  expect(running).toEqual([]);
  expect(sysctls()).toEqual(before);
});

describe('a whole run', () => {
  it('prints one JSON object and nothing else on stdout, and leaves nothing', async () => {
    const cli = new Cli(['demo', '--path', PATHS.join(','), '--count', '5', '-o', 'json']);
    const { code, stdout, stderr } = await cli.ended;
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([stdout.trimEnd(), '']);
    const { kernel, mode, rows, ok, ...rest } = JSON.parse(stdout) as DemoResult;
    expect({ kernel: typeof kernel, mode, ok, rest }).toEqual({
      kernel: 'string',
      mode: 'host',
      ok: true,
      rest: {},
    });
    expect(new Set(rows.map(({ path, family, sender }) => `${path}/${family}/${sender}`)).size).toBe(
      rows.length,
    );
    expect(rows).toHaveLength(PATHS.length * 2 * 4);
    for (const row of rows) {
      const launchTime = row.sender.startsWith('udp-txtime') ? 5 : null;
      const without = { priority: 0, launchTime };
      expect(row).toEqual({
        path: row.path,
        family: row.family,
        sender: row.sender,
        sent: 5,
        without,
        with: { priority: 5, launchTime, wrong: 0 },
      });
    }
    expect(stderr.trim().split('\n')).toHaveLength(PATHS.length);
    expect(remainsOf(cli.pid)).toEqual([]);
  });

  it('ends with 3 where something behind the proxy takes the metadata away', async () => {
    const cli = await demoAt('l2-bridge');
    using program = clearingProgram();
    using _thief = await attachToNic(cli.pid, program);
    const { code, stdout } = await cli.ended;
    const { ok, rows } = JSON.parse(stdout) as DemoResult;
    expect({ code, ok }).toEqual({ code: 3, ok: false });
    const broken = rows.filter((row) => row.with.priority !== row.sent);
    expect(new Set(broken.map(({ path }) => path))).toEqual(new Set(['l2-bridge']));
    expect(broken.map((row) => row.with.priority)).toEqual(broken.map(() => 0));
    expect(remainsOf(cli.pid)).toEqual([]);
  });
});

describe('a run that is stopped', () => {
  it.each([
    ['SIGINT', 130, false],
    ['SIGINT', 130, true],
    ['SIGTERM', 143, false],
    ['SIGHUP', 129, false],
  ] as const)('%s: exit %i, nothing is left (to the whole group: %s)', async (signal, code, group) => {
    const cli = await demoAt('masquerade');
    await hasTalkers(cli.pid);
    cli.kill(signal, { group });
    const result = await cli.ended;
    expect(result.stderr.split('\n').slice(2)).toEqual([
      `tsnctl: stopped by ${signal}; everything was taken down`,
      '',
    ]);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(remainsOf(cli.pid)).toEqual([]);
  });

  it('by a failure half-way', async () => {
    const bin = mkdtempSync(join(tmpdir(), 'tsnctl-bin-'));
    try {
      writeFileSync(join(bin, 'nft'), '#!/bin/sh\necho "Error: no nftables today" >&2\nexit 1\n');
      chmodSync(join(bin, 'nft'), 0o755);
      const cli = await demoAt('masquerade', { env: { PATH: `${bin}:${process.env.PATH}` } });
      const { code, stdout, stderr } = await cli.ended;
      expect({ code, stdout, stderr: stderr.split('\n').slice(2) }).toEqual({
        code: 1,
        stdout: '',
        stderr: [
          "tsnctl: nft refused the lab's rules: Error: no nftables today. " +
            'Try: apt-get install nftables, and a kernel with nf_tables and NAT',
          '',
        ],
      });
      expect(remainsOf(cli.pid)).toEqual([]);
    } finally {
      rmSync(bin, { recursive: true });
    }
  });
});

describe('a checkout that others may not read', () => {
  it('is no hindrance: the sender runs from a copy', async () => {
    const root = mkdtempSync('/run/tsnctl-closed-'); // 0700
    try {
      const checkout = join(root, 'checkout');
      mkdirSync(checkout);
      const prepare = `mount --bind '${CHECKOUT}' '${checkout}'`;
      const barred = { prepare, wrap: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] };
      expect((await runCli(['version'], { ...barred, checkout })).code).not.toBe(0);

      const cli = await demoAt('masquerade', { prepare, checkout }); // so the first path has worked
      cli.kill('SIGINT');
      expect((await cli.ended).code).toBe(130);
      expect(remainsOf(cli.pid)).toEqual([]);
    } finally {
      rmdirSync(join(root, 'checkout')); // never recursive: the checkout itself was mounted on it
      rmdirSync(root);
    }
  });
});

/** Attach to the egress of the NIC of a demo that has just begun: before its own programs come. */
async function attachToNic(pid: number, program: BpfProgram): Promise<Disposable> {
  for (const end = Date.now() + 10_000; ; ) {
    try {
      using netns = NetNs.open(`tsnctl-lab-${pid}-1-node`);
      using socket = NetlinkSocket.open({ netns });
      const [nic] = socket.request(getLink({ name: 'nic0' }));
      return program.attachTcx({ ifindex: nic?.index ?? 0, direction: 'egress', position: 'first', netns });
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
