import { toCniError } from '@tsnctl/cni';
import { TsnctlError } from '@tsnctl/codec';
import { NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { type Link, listLinks } from '@tsnctl/netlink';
import { isStillThere } from '../cni/locate.ts';
import { type AttachmentRecord, describePod } from '../cni/record.ts';
import type { Records } from '../cni/records.ts';
import { addUplink, removeUplink } from '../intent.ts';
import type { Step, Via } from '../model.ts';
import type { Follower } from './follower.ts';
import type { Log } from './log.ts';
import { mendingSteps } from './mended.ts';
import type { AgentMetrics } from './metrics.ts';
import type { NodeChanges } from './node-changes.ts';
import type { UplinkKeeper, WantedUplink } from './uplink-keeper.ts';

export interface NodeLookOptions {
  readonly node: NetNs;
  readonly records: Pick<Records, 'list' | 'remove'>;
  readonly changes: Pick<NodeChanges, 'attempt' | 'say' | 'unsay' | 'uplinks' | 'qdiscs'>;
  readonly uplinks: Pick<UplinkKeeper, 'wanted' | 'dropped' | 'claim'>;
  readonly follower: Pick<Follower, 'look'>;
  readonly via: () => { via?: Via };
  readonly log: Log;
  readonly metrics?: Pick<AgentMetrics, 'planFailed' | 'checked'> | undefined;
  /** When everything was looked at, and what could be mended was; `isWhole` where that was all. */
  readonly onLooked: (isWhole: boolean) => void;
}

export interface AttachedUplink {
  readonly ifindex: number;
  readonly name: string;
}

/** A look at everything that shall be there, and what the last one has found. */
export class NodeLook {
  readonly #options: NodeLookOptions;
  #since: number | undefined;
  #done = false;
  /** What differs in the next look is as somebody wanted it, not drift. */
  #isNew = true;
  #uplinks: readonly AttachedUplink[] = [];
  /** Of each uplink after the last look: others may want another clock. */
  #qdiscs: ReadonlyMap<string, readonly string[]> = new Map();
  /** Interfaces that were in order after the last look. */
  #inPlace: ReadonlySet<number> = new Set();

  constructor(options: NodeLookOptions) {
    this.#options = options;
  }

  /** Whether there was one. */
  get done(): boolean {
    return this.#done;
  }

  /** For how long one is under way. */
  get underWayMs(): number | undefined {
    return this.#since === undefined ? undefined : performance.now() - this.#since;
  }

  /** Where restorers are. */
  get uplinks(): readonly AttachedUplink[] {
    return this.#uplinks;
  }

  /** What is wanted is another thing than before. */
  expectNews(): void {
    this.#isNew = true;
  }

  /** Those steps of a change just now that put back what had been right. */
  mended(steps: readonly Step[]): Step[] {
    return this.#isNew || this.#since === undefined ? [] : mendingSteps(steps, this.#inPlace);
  }

  /**
   * Uplinks, recorded pods, and by that a strip on every other pod. Returns whether nothing was in the way of all of
   * it, nor of an uplink that is there. Never throws.
   */
  async look(): Promise<boolean> {
    const { changes, uplinks, follower, via, metrics, onLooked } = this.#options;
    const start = performance.now();
    this.#since = start;
    try {
      for (const record of this.#options.records.list()) this.#dropGone(record);
      const wanted = uplinks.wanted();
      const links = this.#links();
      const looked = changes.attempt('looking at the node', (_, desired) => desired);
      await Promise.all([
        looked,
        ...wanted.map(({ name, clock }) =>
          changes.attempt(
            `uplink ${name}`,
            addUplink(name, clock, { ...via(), formerQdiscs: this.#qdiscs.get(name) }),
          ),
        ),
        ...uplinks.dropped(links).map((name) => changes.attempt(`uplink ${name}`, removeUplink(name))),
        follower.look(links.filter(({ name }) => !wanted.some((uplink) => uplink.name === name))),
      ]);
      this.#found(links, wanted);
      const isWhole = await looked;
      onLooked(isWhole);
      changes.unsay('look');
      metrics?.checked((performance.now() - start) / 1_000);
      const isMissing = ({ name }: WantedUplink) =>
        !changes.uplinks.includes(name) && links.some((link) => link.name === name);
      return isWhole && !wanted.some(isMissing);
    } catch (error) {
      metrics?.planFailed(codeOf(error));
      changes.say('look', `looking at the node failed: ${toCniError(error).message}`);
      return false;
    } finally {
      this.#since = undefined;
    }
  }

  #found(links: readonly Link[], wanted: readonly WantedUplink[]): void {
    const { changes, uplinks } = this.#options;
    this.#done = true;
    this.#isNew = false;
    this.#inPlace = new Set(links.map(({ index }) => index));
    this.#uplinks = links
      .filter(({ name }) => changes.uplinks.includes(name))
      .map(({ index: ifindex, name }) => ({ ifindex, name }));
    this.#tellQdiscs();
    this.#qdiscs = changes.qdiscs;
    uplinks.claim(wanted);
  }

  /** Whoever tunes a NIC may do so; it is for the log to have it at the right time. */
  #tellQdiscs(): void {
    const { changes, log } = this.#options;
    for (const [name, kinds] of changes.qdiscs) {
      const former = this.#qdiscs.get(name);
      if (former === undefined || listOf(former) === listOf(kinds)) continue;
      log(`uplink ${name} has ${listOf(kinds)}, where ${listOf(former)} was`, { interface: name });
    }
  }

  /** Whether a record's interface is still there; one without is dropped. */
  #dropGone(record: AttachmentRecord): void {
    const { node, records, log } = this.#options;
    if (record.carried.by !== 'programs' || isStillThere(node, record.carried)) return;
    records.remove(record);
    log(`${describePod(record)}: ${record.carried.name} is gone, and with it the record`);
  }

  #links(): Link[] {
    using socket = NetlinkSocket.open({ netns: this.#options.node });
    return socket.request(listLinks());
  }
}

export function codeOf(error: unknown): string {
  return error instanceof TsnctlError ? error.code : 'FAILED';
}

function listOf(kinds: readonly string[]): string {
  return kinds.filter((kind) => kind !== 'clsact').join(', ') || 'no qdisc';
}
