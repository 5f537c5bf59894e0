import { NetlinkEvents, type NetNs } from '@tsnctl/linux';
import type { Link, NetlinkEvent } from '@tsnctl/netlink';
import { isPodSide } from '../interfaces-of.ts';
import type { Log } from './log.ts';
import { type EventConcerns, lookAfterMs } from './look-after.ts';
import { UnderWay } from './under-way.ts';

export interface NodeEventsOptions {
  readonly node: NetNs;
  /** What the events are judged by, as it is when they come. */
  readonly concerns: () => EventConcerns;
  /** Pods' sides that have come, or changed, and about which no look at everything is due. */
  readonly onPods: (links: readonly Link[]) => Promise<void>;
  readonly onGone: (ifindex: number) => void;
  /** Everything is to be looked at so long from now. */
  readonly onDue: (ms: number) => void;
  /** More has happened than was heard of. */
  readonly onLost: () => void;
  readonly log: Log;
}

/** What happens to a node's links, qdiscs, filters and routes: new pods at once; what is about more, soon. */
export class NodeEvents implements Disposable {
  readonly #options: NodeEventsOptions;
  readonly #underWay: UnderWay;
  readonly #events: NetlinkEvents;

  private constructor(options: NodeEventsOptions) {
    this.#options = options;
    this.#underWay = new UnderWay((error) => {
      options.log(`the agent failed: ${error instanceof Error ? error.stack : error}`, { level: 'error' });
    });
    this.#events = NetlinkEvents.open({
      netns: options.node,
      groups: ['link', 'qdisc', 'route'],
      onEvents: (events) => this.#underWay.add(this.#heard(events)),
      onLost: options.onLost,
    });
  }

  /** From the return of this on, nothing is missed without `onLost`. */
  static open(options: NodeEventsOptions): NodeEvents {
    return new NodeEvents(options);
  }

  /** When nothing of what was heard is under way any more. */
  async idle(): Promise<void> {
    await this.#underWay.idle();
  }

  [Symbol.dispose](): void {
    this.#events[Symbol.dispose]();
  }

  async #heard(events: readonly NetlinkEvent[]): Promise<void> {
    const { onDue, onGone, onPods } = this.#options;
    const concerns = this.#options.concerns();
    const came: Link[] = [];
    for (const event of events) {
      const ms = lookAfterMs(event, concerns);
      if (ms !== undefined) onDue(ms);
      if (event.what !== 'link') continue;
      if (event.gone) onGone(event.link.index);
      else if (ms === undefined && isPodSide(event.link)) came.push(event.link);
    }
    if (came.length > 0) await onPods(came);
  }
}
