import { setTimeout } from 'node:timers/promises';
import { type Asked, judge, type Verdict } from '../src/judge.ts';
import type { Lab } from '../src/lab.ts';
import type { Observation } from '../src/observer.ts';
import { stageTalker, type TalkerProgram } from '../src/staging.ts';
import { Talker } from '../src/talker.ts';
import { type Plane, until } from './plane.ts';

/** Where traffic passes: from a pod to a target, by an observer. */
export type TrafficPlane = Pick<Plane, 'target' | 'observer' | 'seen'> & {
  stage: Pick<Plane['stage'], 'pod'>;
};

interface Application {
  priority: number;
  txtime?: 'mono' | 'tai';
}

interface Load {
  /** Records of each application. */
  count: number;
  intervalUs: number;
}

/** What happens under traffic, and how what the NIC saw meanwhile is judged. */
interface Deed {
  times: number;
  action: (time: number) => void;
  /** Of one load, under which it was done so often. */
  judge: (traffic: Traffic, done: number) => Promise<void>;
}

const PORT = 7001;
const GRACE_MS = 100; // for packets that were sent to be seen
const REORDERED = 1_000; // the last packet is among the last so many
let flows = 1_000_000;
const programs = new WeakMap<Lab, TalkerProgram>();

/** Applications that send from the pod at the same time, in processes of their own, while this one does things. */
export class Traffic implements AsyncDisposable {
  readonly #plane: TrafficPlane;
  readonly #talkers: Talker[];
  readonly #asked: Asked[];

  private constructor(plane: TrafficPlane, talkers: Talker[], asked: Asked[]) {
    this.#plane = plane;
    this.#talkers = talkers;
    this.#asked = asked;
  }

  /** Returns when packets of each are under way. */
  static async start(
    lab: Lab,
    plane: TrafficPlane,
    applications: Application[],
    load: Load,
  ): Promise<Traffic> {
    const program = programs.get(lab) ?? stageTalker(lab);
    programs.set(lab, program);
    const { pod } = plane.stage;
    const flow = flows;
    const asked = applications.map(({ priority, txtime }, at) => {
      return { flow: flow + at, sent: load.count, priority, launchTime: txtime !== undefined, tcp: false };
    });
    flows += asked.length;
    const talkers = applications.map(({ priority, txtime }, at) => {
      const to = [
        'send',
        '--to',
        plane.target[4],
        '--port',
        `${PORT}`,
        '--proto',
        'udp',
        '--flow',
        `${flow + at}`,
      ];
      const how = [
        '--priority',
        `${priority}`,
        '--count',
        `${load.count}`,
        '--interval-us',
        `${load.intervalUs}`,
      ];
      const time = txtime ? ['--txtime', txtime, '--lead-ms', '1000'] : [];
      return Talker.start(program, pod, txtime === 'tai' ? 'net-admin' : 'none', [...to, ...how, ...time]);
    });
    const traffic = new Traffic(plane, talkers, asked);
    await until(() => traffic.passed > applications.length * 10, 'the first packets');
    return traffic;
  }

  /** Do something this often while packets pass: on a busy machine it takes several loads, each one judged. */
  static async during(
    lab: Lab,
    plane: TrafficPlane,
    applications: Application[],
    load: Load,
    { times, action, judge }: Deed,
  ): Promise<void> {
    for (let before = 0; before < times; ) {
      await using traffic = await Traffic.start(lab, plane, applications, load);
      const from = before;
      const done = traffic.meanwhile(times - from, (time) => action(from + time));
      await judge(traffic, done);
      before += done;
    }
  }

  get passed(): number {
    return this.#plane.observer.observed;
  }

  get total(): number {
    return this.#asked.reduce((sum, { sent }) => sum + sent, 0);
  }

  /** Do something this often, but only while packets pass. Returns how often it was done. */
  meanwhile(times: number, action: (time: number) => void): number {
    let done = 0;
    while (done < times && this.passed < this.total * 0.95) action(done++);
    return done;
  }

  /** Everything is sent, and all of it has come: what the NIC saw. */
  async done(): Promise<Observation[]> {
    await this.#sent();
    return this.#plane.seen(this.total);
  }

  /** The same, judged application by application. */
  async verdicts(): Promise<Verdict[]> {
    return this.#judge(await this.done());
  }

  /** The same where packets may be lost: how many were, and what became of the others. */
  async remains(): Promise<{ missing: number; verdicts: Verdict[]; observations: Observation[] }> {
    await this.#sent();
    await setTimeout(GRACE_MS);
    const observations = this.#plane.observer.take();
    return { missing: this.total - observations.length, verdicts: this.#judge(observations), observations };
  }

  /**
   * End it here and now: what the NIC saw, in its order, and how many packets are missing of those that were sent
   * before the last that was seen. More than the observer has room for is not looked at.
   */
  async stop(): Promise<{ missing: number; observations: Observation[] }> {
    await this[Symbol.asyncDispose]();
    await setTimeout(GRACE_MS);
    const observations = this.#plane.observer.take({ atMost: true });
    const missing = this.#asked.map(({ flow }) => {
      const seen = new Set(observations.filter((packet) => packet.flow === flow).map(({ seq }) => seq));
      return seen.size === 0 ? 0 : 1 + Math.max(...[...seen].slice(-REORDERED)) - seen.size;
    });
    return { missing: missing.reduce((sum, one) => sum + one, 0), observations };
  }

  async #sent(): Promise<void> {
    await Promise.all(this.#talkers.map((talker) => talker.done()));
  }

  #judge(observations: readonly Observation[]): Verdict[] {
    return this.#asked.map((asked) => judge(asked, observations));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const talker of this.#talkers) await talker[Symbol.asyncDispose]();
  }
}
