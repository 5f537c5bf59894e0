import { TsnctlError } from '@tsnctl/codec';
import { BpfProgram, type Direction, enableRunStats, queryTcx } from 'libbpf-ts';
import type { Host } from '../host.ts';
import { openBench } from './objects.ts';

/** One side of an interface. */
export interface Hook {
  host: Host;
  device: string;
  direction: Direction;
}

/** What programs ran, added up. */
interface Reading {
  runs: number;
  timeNs: number;
}

/** The cost of a program on a hook, or on several hooks of the same kind. */
export class Meter implements Disposable {
  /** The program's name. */
  readonly name: string;
  readonly #resources = new DisposableStack();
  readonly #subjects: BpfProgram[];
  readonly #empty: BpfProgram;

  /**
   * Of the one program that stands there, or of another one, which the meter then owns. An empty program is put
   * in front of it, which tells what the hook and the measuring cost by themselves.
   */
  constructor(hooks: readonly Hook[], subjects: readonly BpfProgram[] = distinct(hooks.map(programOn))) {
    this.#subjects = subjects.map((program) => this.#resources.use(program));
    this.name = this.#subjects[0]?.info().name ?? '';
    using object = openBench('empty').load();
    this.#empty = this.#resources.use(object.program('empty'));
    for (const { host, device, direction } of hooks) {
      const ifindex = host.index(device);
      this.#resources.use(
        this.#empty.attachTcx({ ifindex, direction, position: 'first', netns: host.netns }),
      );
    }
  }

  /** To be called before the traffic; what it returns, after it: ns per packet above an empty program. */
  start(): () => { runs: number; netNs: number } {
    const [subject, empty] = [total(this.#subjects), total([this.#empty])];
    return () => {
      const ran = risen(total(this.#subjects), subject);
      return { runs: ran.runs, netNs: mean(ran) - mean(risen(total([this.#empty]), empty)) };
    };
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}

/** Ns per packet, net, of each meter, while `traffic` sends `count` packets past all of them. */
export async function measure(
  meters: readonly Meter[],
  count: number,
  traffic: () => Promise<void>,
): Promise<number[]> {
  using _ = enableRunStats();
  const readings = meters.map((meter) => meter.start());
  await traffic();
  return readings.map((read, at) => {
    const { runs, netNs } = read();
    if (runs >= count * 0.99) return netNs;
    throw new TsnctlError('TRAFFIC_LOST', `${meters[at]?.name} ran ${runs} times for ${count} packets`, {
      hint: 'the same again, with less going on on this machine',
    });
  });
}

/** The one program that stands there; the caller closes it. */
export function programOn({ host, device, direction }: Hook): BpfProgram {
  const programs = queryTcx({ ifindex: host.index(device), direction, netns: host.netns });
  const [only] = programs;
  if (only && programs.length === 1) return BpfProgram.fromId(only.programId);
  throw new TsnctlError(
    'NOT_ONE_PROGRAM',
    `${device} of ${host.name} has ${programs.length} programs at its ${direction}, not one`,
  );
}

/** One of each, the others closed: a program that stands on two hooks counts once. */
function distinct(programs: readonly BpfProgram[]): BpfProgram[] {
  const byId = new Map<number, BpfProgram>();
  for (const program of programs) {
    const { id } = program.info();
    if (byId.has(id)) program[Symbol.dispose]();
    else byId.set(id, program);
  }
  return [...byId.values()];
}

function total(programs: readonly BpfProgram[]): Reading {
  const readings = programs.map((program) => program.runStats());
  return {
    runs: readings.reduce((sum, { runs }) => sum + Number(runs), 0),
    timeNs: readings.reduce((sum, { timeNs }) => sum + Number(timeNs), 0),
  };
}

function risen(now: Reading, before: Reading): Reading {
  return { runs: now.runs - before.runs, timeNs: now.timeNs - before.timeNs };
}

function mean({ runs, timeNs }: Reading): number {
  return timeNs / runs;
}
