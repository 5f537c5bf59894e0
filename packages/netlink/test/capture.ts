// Make the golden files anew: what ip(8) and tc(8) of iproute2 6.1 send, and what the kernel answers.
//
//     sudo npm run capture:netlink [-- --out DIR] [--only REGEX]
//     node packages/netlink/test/newer-iproute2.ts DIR; sudo npm run capture:netlink -- --newer DIR
//     (or without DIR: then it is in the cache, where the tests in virtual machines look for it)
//     packages/netlink/test/capture-vm.sh 6.1; packages/netlink/test/capture-vm.sh 6.12 --newer DIR
//
// The second takes those that iproute2 6.1 cannot make, from the 6.15 of Debian 13. The third line takes, in virtual
// machines, what the kernels of Debian 12 and 13 answer of kinds that this machine's may lack; with it the tools'
// own reading, as JSON.
//
// A file has the command first, what was set up before it second, then hex: of the last message that the
// command sent, or of all datagrams that answer it, one a line. No two runs agree in sequence numbers (the
// clock), ports (process ids), random MAC addresses, the kernel's timers and the ids of BPF programs.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Capture, object, objectSource, type ReplyCapture, replies, requests } from './captures.ts';

/** Where a message of generic netlink says what it is: the first byte behind struct nlmsghdr. */
const GENL_COMMAND = 16;

interface Call {
  readonly kind: 'send' | 'recv';
  readonly bytes: Buffer;
}

const testdata = fileURLToPath(new URL('../testdata', import.meta.url));
const { out, only, newer, kernel } = parseArgs({
  options: {
    kernel: { type: 'string' },
    out: { type: 'string', default: testdata },
    only: { type: 'string', default: '' },
    newer: { type: 'string' },
  },
}).values;
using work = mkdtempDisposableSync(join(tmpdir(), 'tsnctl-capture-'));

mkdirSync(out, { recursive: true });
const all = [...wanted(requests), ...wanted(replies)];
if (all.some(([, { command, after = [] }]) => [command, ...after].join().includes(object))) compileObject();
for (const [name, capture] of wanted(requests)) write(name, capture, [lastRequest(watch(capture), capture)]);
for (const [name, capture] of wanted(replies)) write(name, capture, answers(watch(capture), capture));

function wanted<T extends Capture>(captures: Readonly<Record<string, T>>): [string, T][] {
  const isWanted = (name: string, capture: T) =>
    new RegExp(only).test(name) &&
    capture.kernel === kernel &&
    (kernel !== undefined || (capture.newer ?? false) === (newer !== undefined));
  return Object.entries(captures).filter(([name, capture]) => isWanted(name, capture));
}

/** The environment of a command, and what the file says of it. */
function toolsOf({ newer: isNewer }: Capture): { env: NodeJS.ProcessEnv; by: string[] } {
  const first = isNewer && newer !== undefined ? `${resolve(newer)}:` : '';
  const env = { ...process.env, PATH: `${first}${process.env.PATH}` };
  if (!first && kernel === undefined) return { env, by: [] };
  const version = execFileSync('tc', ['-V'], { encoding: 'utf8', env }).replace(
    /.*(iproute2-[^,]+),.*/s,
    '$1',
  );
  return { env, by: [`# by: ${version}${kernel === undefined ? '' : ` on Linux ${release()}`}`] };
}

function compileObject(): void {
  const args = ['-O2', '-g', '-target', 'bpf', '-xc', '-', '-c', '-o', basename(object)];
  const { status, error } = spawnSync('clang-16', args, {
    cwd: work.path,
    input: objectSource,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`clang-16 ${args.join(' ')}: ${error?.message ?? `exit ${status}`}`);
}

/** Run a command in a network namespace of its own; the calls in which it sends and receives. */
function watch(capture: Capture): Call[] {
  const { command, after = [] } = capture;
  const log = join(work.path, 'strace.log');
  writeFileSync(log, '');
  const strace = `strace -e trace=sendmsg,sendto,recvmsg -e write=all -e read=all -o strace.log ${command}`;
  const script = [
    `trap 'kill $(jobs -p) 2>/dev/null' EXIT`,
    after.join('; '),
    `${strace} >stdout 2>&1`, // a command that the kernel refuses is worth capturing, too
  ].join('\n');
  // -m: tc mounts a BPF file system where there is none.
  const args = ['-n', '-m', 'bash', '-c', script.replaceAll(object, basename(object))];
  const { error } = spawnSync('unshare', args, {
    cwd: work.path,
    env: toolsOf(capture).env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (error) throw error;
  const calls = callsOf(readFileSync(log, 'utf8'));
  if (calls.some(({ kind }) => kind === 'send')) return calls;
  throw new Error(
    `strace saw nothing sent by: ${command}. Try: sudo npm run capture:netlink, whose setup installs it`,
  );
}

/** A call is a line, and after it the bytes as lines of 16: ` | 00000  20 00 00 00 ...`. */
function callsOf(log: string): Call[] {
  return log
    .split(/^(?=send|recv)/m)
    .filter((text) => /^(send|recv)(msg|to)\(/.test(text))
    .map((text) => {
      const rows = text.matchAll(/^ \| [0-9a-f]{5,} {2}(.{49})/gm);
      const hex = [...rows].map(([, row = '']) => row.replaceAll(' ', '')).join('');
      return { kind: text.startsWith('send') ? 'send' : 'recv', bytes: Buffer.from(hex, 'hex') };
    });
}

function lastRequest(calls: readonly Call[], { command, genl }: Capture): Buffer {
  const call = calls.findLast(
    ({ kind, bytes }) => kind === 'send' && (genl === undefined || bytes[GENL_COMMAND] === genl),
  );
  if (!call) throw new Error(`no message of command ${genl} was sent by: ${command}`);
  const { bytes } = call;
  return bytes.subarray(0, bytes.readUInt32LE(0)); // nlmsg_len: the tools pass whole buffers
}

function answers(calls: readonly Call[], { command, asks, genl }: ReplyCapture): Buffer[] {
  const asked = calls.findLastIndex(
    ({ kind, bytes }) =>
      kind === 'send' &&
      bytes.readUInt16LE(4) === asks &&
      (genl === undefined || bytes[GENL_COMMAND] === genl),
  );
  if (asked < 0) throw new Error(`no message of type ${asks} was sent by: ${command}`);
  const later = calls.slice(asked + 1);
  const end = later.findIndex(({ kind }) => kind === 'send');
  const received = later.slice(0, end < 0 ? later.length : end);
  return received.map(({ bytes }) => bytes).filter(({ length }) => length > 0);
}

function write(name: string, capture: Capture, rows: readonly Buffer[]): void {
  const { command, after } = capture;
  const head = [`# ${command}`, `# after: ${after?.join('; ') ?? 'nothing'}`, ...toolsOf(capture).by];
  const lines = [...head, ...rows.map((row) => row.toString('hex'))];
  writeFileSync(join(out, `${name}.hex`), `${lines.join('\n')}\n`);
  if (command.startsWith('ethtool') && name.startsWith('reply-'))
    copyFileSync(join(work.path, 'stdout'), join(out, `${name}.txt`));
  if (command.includes(' -j ')) copyFileSync(join(work.path, 'stdout'), join(out, `${name}.json`));
}
