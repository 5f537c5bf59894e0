import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeRecord, encodeRecord, recordBytes, type TalkerRecord } from './record.ts';

const missing = whatIsMissing();
const directory = mkdtempSync(join(tmpdir(), 'tsnctl-talker-'));
const binary = join(directory, 'talker');
const main = fileURLToPath(new URL('main.ts', import.meta.url));
const talkers = { ts: [process.execPath, main], c: [binary] };
const names = ['ts', 'c'] as const;
const unprivileged =
  'setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --no-new-privs'.split(' ');

let holder: ChildProcess;
let namespace: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  if (missing !== undefined) return;
  chmodSync(directory, 0o755); // for uid 65534
  execFileSync('cc', ['-O2', '-Wall', '-Werror', '-o', binary, join(main, '../../c/talker.c')]);
  // The namespace lives as long as this `cat`, which ends with us whatever happens to us.
  holder = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo ready && exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (holder.stdout) await once(holder.stdout, 'data');
  namespace = readlinkSync(`/proc/${holder.pid}/ns/net`);
});

beforeEach((ctx) => {
  if (missing === undefined) return;
  if (process.env.TSNCTL_NO_SKIP === '1') throw new Error(missing);
  ctx.skip(missing);
});

afterEach(() => {
  expect([...children].map(({ spawnargs }) => spawnargs.join(' '))).toEqual([]);
});

afterAll(async () => {
  rmSync(directory, { recursive: true });
  if (missing !== undefined) return;
  holder.stdin?.end();
  await once(holder, 'close');
  expect(processesIn(namespace)).toEqual([]);
});

describe.each(names)('served by %s', (server) => {
  describe.each(names)('sent by %s', (client) => {
    it.each([
      ['udp', '127.0.0.1', '--priority 5 --txtime mono --lead-ms 10'],
      ['udp', '::1', '--priority 5 --txtime mono --lead-ms 10'],
      ['udp', '::1', ''],
      ['tcp', '127.0.0.1', '--priority 5'],
      ['tcp', '::1', '--priority 5'],
    ])('%s to %s %s', async (protocol, to, metadata) => {
      await using _server = await serve(server, `--proto ${protocol} ${metadata}`);
      const flags = `--to ${to} --proto ${protocol} --flow 7 --count 20 --wait-reply ${metadata}`;
      expect(await send(client, flags)).toEqual({
        code: 0,
        stdout: '{"flow":7,"sent":20,"replies":20}\n',
        stderr: '',
      });
    });
  });

  it('answers several TCP connections at a time, and the ones after', async () => {
    await using _server = await serve(server, '--proto tcp');
    for (let round = 0; round < 2; round++) {
      const flags = (flow: number) => `--to ::1 --proto tcp --flow ${flow} --count 50 --interval-us 5000`;
      const results = await Promise.all([1, 2, 3].map((flow) => send('c', flags(flow))));
      expect(results.map(({ stdout }) => JSON.parse(stdout).replies)).toEqual([50, 50, 50]);
    }
  });

  it('replies with its own flow, priority and launch time, and the seq of the request', async () => {
    await using _server = await serve(server, '--proto udp --flow 9 --priority 6 --txtime mono');
    await using peer = ask(41);
    const reply = await nextRecord(peer);
    expect(reply).toMatchObject({ flow: 9, seq: 41, priority: 6, clock: 'mono' });
    expectLaunchTime(reply, 100);
  });

  it('ends by itself when nobody sends', async () => {
    await using quiet = await serve(server, '--proto udp --timeout-s 1');
    await using quietTcp = await serve(server, '--proto tcp --timeout-s 1');
    expect(await quiet.end()).toEqual({ code: 0, stdout: 'ready\n', stderr: '' });
    expect(await quietTcp.end()).toEqual({ code: 0, stdout: 'ready\n', stderr: '' });
  });

  it('ends on SIGTERM', async () => {
    await using stopped = await serve(server, '--proto tcp');
    stopped.child.kill('SIGTERM');
    expect(await stopped.end()).toMatchObject({ code: 'SIGTERM', stderr: '' });
  });
});

describe.each(names)('%s', (name) => {
  it('puts on the wire what record.ts lays out', async () => {
    await using listener = await listen();
    const flags = '--to 127.0.0.1 --proto udp --flow 4000000000 --count 3 --interval-us 0 --priority 3';
    expect(await send(name, flags)).toMatchObject({
      code: 0,
      stdout: '{"flow":4000000000,"sent":3,"replies":0}\n',
    });
    for (const seq of [0, 1, 2]) {
      expect(await listener.line()).toBe(`3154534e00286bee0${seq}00000003000000`.padEnd(128, '0'));
    }
  });

  it('gives every packet a launch time of its own', async () => {
    await using listener = await listen();
    const flags = '--to ::1 --proto udp --flow 1 --count 3 --interval-us 0 --txtime mono --lead-ms 500';
    expect(await send(name, flags)).toMatchObject({ code: 0 });
    const times = new Set<bigint>();
    for (const seq of [0, 1, 2]) {
      const record = await nextRecord(listener);
      expect(record).toMatchObject({ seq, priority: 0, clock: 'mono' });
      expectLaunchTime(record, 500);
      times.add(record.launchTimeNs);
    }
    expect(times.size).toBe(3);
  });

  it('sends a UDP record four times before it gives up', async () => {
    await using listener = await listen();
    expect(await send(name, '--to ::1 --proto udp --flow 1 --count 2 --wait-reply')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'talker: no reply to record 0, sent 4 times: nothing came within 1 s\n',
    });
    for (let time = 0; time < 4; time++) {
      expect(await nextRecord(listener)).toMatchObject({ seq: 0 });
    }
  });

  it.each([
    ['--proto udp --txtime tai', 'SO_TXTIME: Operation not permitted (CLOCK_TAI needs CAP_NET_ADMIN)'],
    [
      '--proto udp --priority 7',
      'SO_PRIORITY 7: Operation not permitted (7 and above need CAP_NET_RAW or CAP_NET_ADMIN)',
    ],
    ['--proto tcp', 'connect ::1 port 7000: Connection refused'],
    ['--proto udp --wait-reply', 'no reply to record 0, sent 4 times: recv: Connection refused'],
    ['--proto udp --device tsnctl-talker', '--device tsnctl-talker: No such device'],
  ])('unprivileged and alone, fails with %s', async (flags, message) => {
    expect(await send(name, `--to ::1 --flow 1 --count 1 ${flags}`)).toEqual({
      code: 1,
      stdout: '',
      stderr: `talker: ${message}\n`,
    });
  });

  it('may use TAI and priority 15 with the capability', async () => {
    const flags = '--to ::1 --proto udp --flow 1 --count 1 --priority 15 --txtime tai';
    expect(await send(name, flags, [])).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    ['--to localhost --proto udp', '--to localhost: must be an IPv4 or IPv6 address'],
    ['--to ::1', '--proto is missing'],
    ['--to ::1 --proto tcp --txtime mono', '--txtime needs --proto udp: TCP has no launch time per packet'],
    ['--to ::1 --proto udp --lead-ms 1', '--lead-ms needs --txtime'],
    ['--to ::1 --proto udp --priority 16', '--priority 16: must be a number from 0 to 15'],
  ])('exits 2 for %s', async (flags, message) => {
    const { code, stdout, stderr } = await send(name, `--flow 1 --count 1 ${flags}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.split('\nusage: ')[0]).toBe(`talker: ${message}`);
  });
});

interface Result {
  /** The exit code, or the signal that ended it. */
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running extends AsyncDisposable {
  readonly child: ChildProcess;
  /** The next line of stdout; throws with stderr where there is none. */
  line(): Promise<string>;
  end(): Promise<Result>;
}

async function serve(name: keyof typeof talkers, flags: string): Promise<Running> {
  return ready(start([...talkers[name], 'serve', '--port', '7000', ...flags.trim().split(' ')]));
}

async function send(name: keyof typeof talkers, flags: string, privileges = unprivileged): Promise<Result> {
  const command = [...talkers[name], 'send', '--port', '7000', ...flags.trim().split(' ')];
  await using sender = start(command, privileges);
  return await sender.end();
}

/** Prints every datagram that comes to the port, and answers none. */
async function listen(): Promise<Running> {
  const script = `require('node:dgram').createSocket('udp6')
    .on('message', (message) => console.log(message.toString('hex')))
    .bind(7000, () => console.log('ready'))`;
  return ready(start([process.execPath, '-e', script]));
}

/** Sends one record of flow 1 and prints what comes back. */
function ask(seq: number): Running {
  const script = `const socket = require('node:dgram').createSocket('udp4');
    socket.on('message', (message) => { console.log(message.toString('hex')); socket.close(); });
    socket.send(Buffer.from(process.argv[1], 'hex'), 7000, '127.0.0.1');`;
  const request = Buffer.alloc(recordBytes);
  encodeRecord({ flow: 1, seq, priority: 0, launchTimeNs: 0n, clock: 'none' }, request);
  return start([process.execPath, '-e', script, request.toString('hex')]);
}

/** Run a command in the namespace. */
function start(command: readonly string[], privileges = unprivileged): Running {
  const enter = [`--net=/proc/${holder.pid}/ns/net`, '--', ...privileges, ...command];
  const child = spawn('nsenter', enter, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let stdout = '';
  let stderr = '';
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = once(child, 'close').then(([code, signal]): Result => {
    children.delete(child);
    return { code: code ?? signal, stdout, stderr };
  });
  return {
    child,
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${command.join(' ')} said nothing more: ${stderr}`);
      return value;
    },
    end: () => ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function ready(running: Running): Promise<Running> {
  expect(await running.line()).toBe('ready');
  return running;
}

async function nextRecord(from: Running): Promise<TalkerRecord> {
  const record = decodeRecord(Buffer.from(await from.line(), 'hex'));
  if (record === undefined) throw new Error('not a record');
  return record;
}

/** The time was read at most 10 s ago, and `leadMs` and `seq` added. */
function expectLaunchTime({ launchTimeNs, seq }: TalkerRecord, leadMs: number): void {
  const sinceNs = process.hrtime.bigint() - (launchTimeNs - BigInt(leadMs) * 1_000_000n - BigInt(seq));
  expect(sinceNs).toBeGreaterThan(0n);
  expect(sinceNs).toBeLessThan(10_000_000_000n);
}

function whatIsMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, to make a network namespace';
  if (spawnSync('cc', ['--version']).error) return 'needs cc, to build the talker in C';
  if (spawnSync('setpriv', ['--version']).error) return 'needs setpriv, to run without privileges';
  const { status, stderr } = spawnSync('unshare', ['--net', 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : `needs a network namespace of its own: ${stderr}`;
}

function processesIn(namespace: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/ns/net`) === namespace;
    } catch {
      return false; // gone meanwhile
    }
  });
}
