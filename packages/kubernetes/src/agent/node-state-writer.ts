import type { Log, NodeState, StateSink } from '@tsnctl/proxy';
import { backOffMs } from '../client/back-off.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { KubeError } from '../client/kube-error.ts';
import { customPath } from '../client/paths.ts';
import type { TsnNodeStateStatus } from '../crd/tsn-node-state.ts';
import { labels } from '../manifest/labels.ts';
import { API_VERSION } from '../names.ts';
import { sameButTimes } from './node-state.ts';

export interface NodeStateWriterOptions {
  readonly client: KubeClient;
  readonly node: string;
  /** Of the Node in the API, so that our object goes with it. */
  readonly nodeUid: () => string | undefined;
  /** What is to be written; `former` is what was written last. */
  readonly describe: (state: NodeState, former: TsnNodeStateStatus | undefined) => TsnNodeStateStatus;
  readonly log: Log;
  /** Between two writes, at least; and with nothing new, at most. */
  readonly leastMs?: number;
  readonly mostMs?: number;
}

const LEAST_MS = 10_000;
const MOST_MS = 300_000;
const SPREAD = 0.2;

/** Writes this node's TsnNodeState: when something is other than before, not often, and now and then as a sign of life. */
export class NodeStateWriter implements StateSink, Disposable {
  readonly #options: NodeStateWriterOptions;
  #state: NodeState | undefined;
  #written: TsnNodeStateStatus | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  /** Something was told since the last write began to describe. */
  #isNew = false;
  #isDisposed = false;

  constructor(options: NodeStateWriterOptions) {
    this.#options = options;
  }

  report(state: NodeState): void {
    this.#state = state;
    this.#isNew = true;
    this.#writeWhenDue();
  }

  /** What is told beside the agent's own report is other than before. */
  again(): void {
    if (this.#state !== undefined) this.report(this.#state);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
  }

  #writeWhenDue(): void {
    this.#writeIn(this.#writtenAt + spread(this.#options.leastMs ?? LEAST_MS) - performance.now());
  }

  #writeIn(ms: number): void {
    if (this.#timer !== undefined || this.#isDisposed) return;
    this.#timer = setTimeout(() => void this.#write(), Math.max(ms, 0));
    this.#timer.unref();
  }

  async #write(): Promise<void> {
    const { describe, log, mostMs = MOST_MS } = this.#options;
    this.#isNew = false;
    try {
      const status = describe(this.#state as NodeState, this.#written);
      const isOld = performance.now() - this.#writtenAt > spread(mostMs);
      if (isOld || !sameButTimes(status, this.#written)) {
        await this.#send(status);
        this.#written = status;
        this.#writtenAt = performance.now();
      }
      this.#failures = 0;
      this.#timer = undefined;
      if (this.#isNew) this.#writeWhenDue(); // it was told while this was on its way
    } catch (error) {
      if (this.#failures === 0)
        log(`the state of this node was not written: ${(error as Error).message}`, { level: 'warn' });
      this.#timer = undefined;
      this.#writeIn(Math.max(backOffMs(this.#failures++), this.#options.leastMs ?? LEAST_MS));
    }
  }

  async #send(status: TsnNodeStateStatus): Promise<void> {
    const { client, node } = this.#options;
    const write = () => client.patch(customPath('tsnnodestates', node, 'status'), { status });
    try {
      await write();
    } catch (error) {
      if (!(error instanceof KubeError) || error.status !== 404) throw error;
      await this.#create();
      await write();
    }
  }

  async #create(): Promise<void> {
    const { client, node, nodeUid } = this.#options;
    const uid = nodeUid();
    const owner = { apiVersion: 'v1', kind: 'Node', name: node, uid };
    await client.request('POST', customPath('tsnnodestates'), {
      body: {
        apiVersion: API_VERSION,
        kind: 'TsnNodeState',
        metadata: {
          name: node,
          labels: labels('node-state'),
          ...(uid !== undefined && { ownerReferences: [owner] }),
        },
      },
    });
  }
}

/** Not all nodes at once. */
function spread(ms: number): number {
  return ms * (1 + (Math.random() - 0.5) * 2 * SPREAD);
}
