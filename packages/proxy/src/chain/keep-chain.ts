import { existsSync } from 'node:fs';
import type { ChainPlan } from '@tsnctl/cni';
import { isErrno } from '@tsnctl/linux';
import type { Log } from '../agent/log.ts';
import { type ChainPlanner, changeChain } from './change-chain.ts';
import { describeChainStep } from './describe-chain.ts';
import { DirectoryWatch } from './directory-watch.ts';

export interface KeepChainOptions {
  readonly planner: ChainPlanner;
  readonly log: Log;
  /** A look without an event: one may have been missed. */
  readonly everyMs?: number;
  /** After an event: whoever writes a file writes more than once. */
  readonly settleMs?: number;
}

const EVERY_MS = 10_000;
const SETTLE_MS = 50;
/** A disk that was full or read-only gives no event when it is not any more. */
const AFTER_FAILURE_MS = 1_000;
/** Somebody who undoes each repair is answered less and less often, up to this: also the last time within 2 s. */
const SLOWEST_MS = 1_000;
const QUIET_MS = 10_000;

/** Our place in a chain, kept: whatever happens to the directory, it is looked at and repaired. Dispose to stop. */
export function keepChain(directory: string, options: KeepChainOptions): Disposable {
  const { planner, log, everyMs = EVERY_MS, settleMs = SETTLE_MS } = options;
  let timer: NodeJS.Timeout | undefined;
  let due = Number.POSITIVE_INFINITY;
  let delayMs = settleMs;
  let repairedAt = Number.NEGATIVE_INFINITY;
  let said = '';

  const look = () => {
    due = Number.POSITIVE_INFINITY;
    watched.follow();
    lookIn(everyMs);
    try {
      const plan = existsSync(directory) ? changeChain(directory, planner) : undefined;
      const now = performance.now();
      if (plan && plan.steps.length > 0) {
        delayMs = now - repairedAt < QUIET_MS ? Math.min(delayMs * 2, SLOWEST_MS) : settleMs;
        repairedAt = now;
      }
      tell(plan);
      watched.follow(); // a directory of drop-ins may have come
    } catch (error) {
      const soon = isErrno(error, 'LOCKED', 'CHANGED_MEANWHILE', 'NOT_VERIFIED', 'ENOENT');
      if (soon) lookIn(Math.max(delayMs, settleMs));
      else {
        say(`the chain in ${directory} cannot be kept: ${error instanceof Error ? error.message : error}`);
        lookIn(AFTER_FAILURE_MS);
      }
    }
  };

  /** The nearest of all that was asked for. */
  const lookIn = (ms: number) => {
    const at = performance.now() + ms;
    if (at >= due) return;
    due = at;
    clearTimeout(timer);
    timer = setTimeout(look, ms);
  };

  const watched = new DirectoryWatch(directory, {
    onEvent: () => lookIn(delayMs),
    onUnwatched: (path, error) => say(`${path} cannot be watched, and is looked at now and then: ${error}`),
  });

  const tell = (plan: ChainPlan | undefined) => {
    if (!plan) return say(`${directory} is not there yet; the chain is laid when it comes`);
    for (const step of plan.steps) log(`chain: ${describeChainStep(step)}`);
    const findings = plan.findings.map(
      ({ code, message, hint }) => `${code}: ${message}${hint ? `. Try: ${hint}` : ''}`,
    );
    say([chained(plan), ...findings].join('; '));
  };

  const say = (line: string) => {
    if (line !== said) log(`chain: ${line}`);
    said = line;
  };

  look();
  return {
    [Symbol.dispose]() {
      due = Number.NEGATIVE_INFINITY; // an event that is under way asks for nothing more
      clearTimeout(timer);
      watched[Symbol.dispose]();
    },
  };
}

function chained({ target }: ChainPlan): string {
  return target
    ? `${target.network} of ${target.file} has our plugin (${target.way})`
    : 'there is nothing to chain';
}
