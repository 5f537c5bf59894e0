import { execFileSync } from 'node:child_process';
import { compared, type Figure } from '@tsnctl/lab';
import { DisposableStack, NetlinkSocket, NetNs } from '@tsnctl/linux';
import {
  addLink,
  listLinks,
  listQdiscs,
  type NetlinkRequest,
  type QdiscSpec,
  replaceQdisc,
} from '@tsnctl/netlink';
import { type Effort, type Part, pause } from './part.ts';

interface Row<Reply> {
  readonly what: string;
  readonly count: number;
  readonly request: NetlinkRequest<Reply>;
  /** What the same costs with the tool. */
  readonly tool: readonly [program: string, ...words: string[]];
  /** Times as fast as the tool. */
  readonly goal: number;
}

/** Qdiscs of 10,000 links, each of its own. */
export const qdiscsPart: Part = {
  title: 'qdiscs, beside tc -j',
  run: (effort, signal) =>
    compare(effort, signal, {
      what: 'qdiscs',
      count: 10_000,
      request: listQdiscs(),
      tool: ['tc', '-s', '-d', '-j', 'qdisc', 'show'],
      goal: 10,
    }),
};

export const linksPart: Part = {
  title: 'links, beside ip -j',
  run: (effort, signal) =>
    compare(effort, signal, {
      what: 'links',
      count: 1000,
      request: listLinks(),
      tool: ['ip', '-d', '-j', 'link', 'show'],
      goal: 3,
    }),
};

/** Answers to what they mean, and with the asking; against the tool with JSON.parse of what it prints. */
async function compare<Reply>({ dumps }: Effort, signal: AbortSignal, row: Row<Reply>): Promise<Figure[]> {
  const { what, count, request, tool, goal } = row;
  using namespace = await crowded(count, signal);
  const { socket } = namespace;
  const raw = { ...request, decode: (body: Uint8Array) => body };
  const decoded: { value: number; against: number }[] = [];
  const asked: { value: number; against: number }[] = [];
  for (let round = 0; round < dumps; round++) {
    await pause(signal);
    const bodies = socket.request(raw as unknown as NetlinkRequest<Uint8Array>);
    const decode = timed(() => bodies.map((body) => request.decode(body)));
    const ask = timed(() => socket.request(request));
    const theirs = timed(() => jsonOf(tool, namespace.name));
    for (const { result } of [decode, ask, theirs]) expectCount(result.length, count);
    decoded.push({ value: decode.ms, against: theirs.ms });
    asked.push({ value: ask.ms, against: theirs.ms });
  }
  return [
    compared(`decode/${what}`, 'ms', decoded, Number((1 / goal).toFixed(3))),
    compared(`ask-and-decode/${what}`, 'ms', asked),
  ];
}

/** A namespace with that many links, half of them the others' peers, each with a qdisc that this kernel has. */
async function crowded(count: number, signal: AbortSignal) {
  const name = `tsnctl-bench-${process.pid}-${count}`;
  const resources = new DisposableStack();
  const netns = resources.adopt(NetNs.create(name), (it) => {
    it[Symbol.dispose]();
    NetNs.remove(name);
  });
  try {
    const socket = resources.use(NetlinkSocket.open({ netns }));
    for (let n = 0; n < count / 2; n++) {
      if (n % 100 === 0) await pause(signal);
      socket.request(addLink({ kind: 'veth', name: `a${n}`, peer: { name: `b${n}` } }));
    }
    const veths = socket.request(listLinks()).filter(({ kind }) => kind === 'veth');
    for (const [n, { index }] of veths.entries()) {
      if (n % 100 === 0) await pause(signal);
      socket.request(replaceQdisc({ index, handle: 0x1_0000, ...kinds[n % kinds.length] } as QdiscSpec));
    }
    return { name, socket, [Symbol.dispose]: () => resources.dispose() };
  } catch (error) {
    resources.dispose();
    throw error;
  }
}

const kinds: readonly Omit<QdiscSpec, 'index'>[] = [
  { kind: 'pfifo', options: { limitPackets: 100 } },
  { kind: 'bfifo', options: { limitBytes: 10_000 } },
  { kind: 'pfifo_fast' },
  { kind: 'tbf', options: { rateBps: 125_000n, burstBytes: 4096, limitBytes: 54_096 } },
  { kind: 'htb', options: { defaultClass: 1 } },
];

function jsonOf([program, ...words]: Row<unknown>['tool'], namespace: string): unknown[] {
  const output = execFileSync(program, ['-n', namespace, ...words], { maxBuffer: 2 ** 30 });
  return JSON.parse(output.toString());
}

function timed<T>(action: () => T): { ms: number; result: T } {
  const start = performance.now();
  const result = action();
  return { ms: performance.now() - start, result };
}

/** lo has a link and a qdisc, too. */
function expectCount(found: number, count: number): void {
  if (found !== count && found !== count + 1) throw new Error(`${found} where ${count} were made`);
}
