import { toCniError } from '@tsnctl/cni';
import type { Log } from './log.ts';

export interface RenewalOptions {
  readonly renew: () => void;
  readonly everyMs: () => number;
  readonly log: Log;
  readonly onRenewed?: (() => void) | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const AGAIN_MS = 60_000;

/** Programs are loaded anew now and then, by the wall's clock: also by an agent that is started anew each day. */
export class Renewal {
  readonly #options: RenewalOptions;
  readonly #now: () => number;
  #renewedAt = 0;
  #notBefore = 0;

  constructor(options: RenewalOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** When programs were loaded, in ms since 1970. */
  get renewedAt(): number {
    return this.#renewedAt;
  }

  /** They were loaded then: at that time of a former agent, or just now. */
  loaded(at: number = this.#now()): void {
    this.#renewedAt = at;
  }

  /** One that fails is tried again in a minute. */
  renewIfDue(): void {
    const { renew, everyMs, log, onRenewed } = this.#options;
    const now = this.#now();
    // A clock that was set back by more than the interval must not put it off for as long.
    const isDue = now >= this.#renewedAt + everyMs() || now < this.#renewedAt - everyMs();
    if (!isDue || now < this.#notBefore) return;
    try {
      renew();
      this.loaded(now);
      onRenewed?.();
      log('programs were loaded anew, for the window of their launch times');
    } catch (error) {
      this.#notBefore = now + AGAIN_MS;
      log(`loading the programs anew failed: ${toCniError(error).message}`, { level: 'warn' });
    }
  }
}
