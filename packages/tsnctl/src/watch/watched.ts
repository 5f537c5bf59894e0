import {
  eventsBetween,
  type NodeEvent,
  type NodeRates,
  type NodeSnapshot,
  ratesBetween,
} from '@tsnctl/proxy';

/** What a live view knows: the last snapshot, the rates since the one before, and what happened. */
export interface Watched {
  readonly snapshot: NodeSnapshot;
  readonly rates: NodeRates;
  /** The newest last. */
  readonly events: readonly NodeEvent[];
  /** What the last look told besides. */
  readonly news: readonly NodeEvent[];
}

const KEPT_EVENTS = 200;

/** Take in the next snapshot. The first has no rates yet, and its drift is news. */
export function watchNext(before: Watched | undefined, snapshot: NodeSnapshot): Watched {
  const former = before?.snapshot ?? { ...snapshot, drift: [] };
  const news = eventsBetween(former, snapshot);
  return {
    snapshot,
    rates: ratesBetween(former, snapshot),
    events: [...(before?.events ?? []), ...news].slice(-KEPT_EVENTS),
    news,
  };
}

/** A look that failed is an event; what was known stays. */
export function watchFailed(before: Watched, error: unknown, at: Date): Watched {
  const text = `looking failed: ${error instanceof Error ? error.message : String(error)}`;
  if (before.events.at(-1)?.text === text) return { ...before, news: [] };
  const event: NodeEvent = { at: at.toISOString(), text, tone: 'bad' };
  return { ...before, events: [...before.events, event].slice(-KEPT_EVENTS), news: [event] };
}
