import { randomUUID } from 'node:crypto';
import type { Log } from '@tsnctl/proxy';
import type { KubeClient } from '../client/kube-client.ts';
import { NAME } from '../names.ts';

export interface EventfulPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface PodEventsOptions {
  readonly client: KubeClient;
  readonly node: string;
  readonly log: Log;
  /** One event in this time, after a few at once. */
  readonly everyMs?: number;
  readonly burst?: number;
}

const EVERY_MS = 10_000;
const BURST = 10;
/** Those that wait for their turn; what comes then is not told. */
const MOST_WAITING = 100;
// In bytes: pkg/apis/core/validation/events.go of Kubernetes.
const LONGEST_NOTE = 1_024;
const LONGEST_INSTANCE = 128;

/** Events on pods: each thing is said once, and few at a time, whatever pods come and go. */
export class PodEvents implements Disposable {
  readonly #options: PodEventsOptions;
  readonly #said = new Map<string, string>();
  readonly #waiting: object[] = [];
  #tokens: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PodEventsOptions) {
    this.#options = options;
    this.#tokens = options.burst ?? BURST;
  }

  say(pod: EventfulPod, reason: string, note: string): void {
    const text = `${reason}: ${note}`;
    if (this.#said.get(pod.uid) === text) return;
    this.#said.delete(pod.uid);
    this.#said.set(pod.uid, text);
    if (this.#said.size > MOST_WAITING * 10) this.#said.delete(this.#said.keys().next().value ?? '');
    if (this.#waiting.length >= MOST_WAITING) return;
    this.#waiting.push(this.#event(pod, reason, note));
    this.#send();
  }

  /** Nothing is to be said of it any more. */
  settled(uid: string): void {
    this.#said.delete(uid);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  #send(): void {
    const { client, log, everyMs = EVERY_MS, burst = BURST } = this.#options;
    while (this.#tokens > 0) {
      const event = this.#waiting.shift() as { metadata: { namespace: string } } | undefined;
      if (!event) break;
      this.#tokens--;
      client
        .request('POST', `/apis/events.k8s.io/v1/namespaces/${event.metadata.namespace}/events`, {
          body: event,
        })
        .catch((error) => log(`an event on a pod was not taken: ${error.message}`, { level: 'warn' }));
    }
    if (this.#timer !== undefined || this.#tokens >= burst) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tokens++;
      this.#send();
    }, everyMs);
    this.#timer.unref();
  }

  #event({ namespace, name, uid }: EventfulPod, reason: string, note: string): object {
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: {
        namespace,
        name: `${name.slice(0, 200).replace(/[^a-z0-9]+$/, '')}.${randomUUID().slice(0, 13)}`,
      },
      eventTime: new Date().toISOString().replace('Z', '000Z'), // MicroTime
      type: 'Warning',
      reason,
      action: 'Grant',
      note: cut(note, LONGEST_NOTE),
      regarding: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
      reportingController: `${NAME}.dev/agent`,
      reportingInstance: cut(this.#options.node, LONGEST_INSTANCE),
    };
  }
}

/** As much of a text as fits, whole characters. */
function cut(text: string, bytes: number): string {
  const into = new Uint8Array(bytes);
  return text.slice(0, new TextEncoder().encodeInto(text, into).read);
}
