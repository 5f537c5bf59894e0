import type { Log, NodeState, StateSink } from '@tsnctl/proxy';
import { backOffMs } from '../client/back-off.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { KubeError } from '../client/kube-error.ts';
import { customPath } from '../client/paths.ts';
import { type TsnNodeState, type TsnNodeStateStatus, tsnNodeStateStatus } from '../crd/tsn-node-state.ts';
import { labels } from '../manifest/labels.ts';
import { API_VERSION } from '../names.ts';
import { type News, newsOf } from './node-state.ts';

export interface NodeStateWriterOptions {
  readonly client: KubeClient;
  readonly node: string;
  /** Of the Node in the API, so that our object goes with it. */
  readonly nodeUid: () => string | undefined;
  /** What is to be written; `former` is what was written last. */
  readonly describe: (state: NodeState, former: TsnNodeStateStatus | undefined) => TsnNodeStateStatus;
  readonly log: Log;
  /** Between two writes, at least; where only pods have come or gone; and with nothing new, at most. */
  readonly leastMs?: number;
  readonly podsMs?: number;
  readonly mostMs?: number;
}

const LEAST_MS = 10_000;
const PODS_MS = 60_000;
const MOST_MS = 300_000;
const SPREAD = 0.2;

/**
 * Writes this node's TsnNodeState: soon where something is not as before, a while later where only pods have come or
 * gone, and now and then as a sign of life.
 */
export class NodeStateWriter implements StateSink, Disposable {
  readonly #options: NodeStateWriterOptions;
  #state: NodeState | undefined;
  #written: TsnNodeStateStatus | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;
  /** What an agent before this one has written was read. */
  #knowsFormer = false;
  #timer: { readonly handle: NodeJS.Timeout; readonly atMs: number } | undefined;
  #isWriting = false;
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
    this.#writeAt(this.#writtenAt + spread(this.#options.leastMs ?? LEAST_MS));
  }

  /** What is told beside the agent's own report is other than before. */
  again(): void {
    if (this.#state !== undefined) this.report(this.#state);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer?.handle);
  }

  /** Or sooner, where that is planned already. */
  #writeAt(atMs: number): void {
    if (this.#isWriting || this.#failures > 0 || this.#isDisposed) return;
    if (this.#timer && this.#timer.atMs <= atMs) return;
    this.#plan(atMs);
  }

  #plan(atMs: number): void {
    clearTimeout(this.#timer?.handle);
    const handle = setTimeout(() => void this.#write(), Math.max(atMs - performance.now(), 0));
    handle.unref();
    this.#timer = { handle, atMs };
  }

  async #write(): Promise<void> {
    const { leastMs = LEAST_MS, log } = this.#options;
    this.#timer = undefined;
    this.#isWriting = true;
    this.#isNew = false;
    try {
      await this.#readFormer();
      if (this.#isDisposed) return; // the node may not be there to be looked at any more
      const status = this.#options.describe(this.#state as NodeState, this.#written);
      const news = newsOf(status, this.#written);
      const dueAt = this.#writtenAt + this.#waitFor(news);
      const isDue = dueAt <= performance.now();
      if (isDue) await this.#send(status);
      this.#failures = 0;
      this.#isWriting = false;
      if (!isDue && news === 'pods') this.#writeAt(dueAt); // a sign of life waits for a report: it is one
      if (this.#isNew) this.#writeAt(this.#writtenAt + spread(leastMs)); // told while this was on its way
    } catch (error) {
      if (this.#failures === 0)
        log(`the state of this node was not written: ${(error as Error).message}`, { level: 'warn' });
      this.#isWriting = false;
      if (!this.#isDisposed) this.#plan(performance.now() + Math.max(backOffMs(this.#failures++), leastMs));
    }
  }

  /** How long after the last write this is to be written. */
  #waitFor(news: News): number {
    const { podsMs = PODS_MS, mostMs = MOST_MS } = this.#options;
    return { all: 0, pods: spread(podsMs), none: spread(mostMs) }[news];
  }

  /** What a node was like before this agent began: a condition that stays keeps its time. */
  async #readFormer(): Promise<void> {
    if (this.#knowsFormer) return;
    try {
      const found = await this.#patch({}); // changes nothing, and answers with what is there: no right more
      this.#written = tsnNodeStateStatus.safeParse(found.status).data;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    this.#knowsFormer = true;
  }

  async #send(status: TsnNodeStateStatus): Promise<void> {
    try {
      await this.#patch({ status });
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#create();
      await this.#patch({ status });
    }
    this.#written = status;
    this.#writtenAt = performance.now();
  }

  #patch(body: object): Promise<TsnNodeState> {
    const { client, node } = this.#options;
    return client.patch(customPath('tsnnodestates', node, 'status'), body);
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

function isMissing(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404;
}

/** Not all nodes at once. */
function spread(ms: number): number {
  return ms * (1 + (Math.random() - 0.5) * 2 * SPREAD);
}
