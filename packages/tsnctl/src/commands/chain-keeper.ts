import type { Log } from '@tsnctl/proxy';
import type { Config } from '@tsnctl/proxy/config';
import type { AgentFlags } from './agent-config.ts';
import { type EntryOptions, entryOf, installPlanner } from './cni-chain.ts';
import { describeDirectory, type RuntimeOptions, runtimePlace } from './runtime.ts';

type Options = RuntimeOptions & EntryOptions & Pick<AgentFlags, 'chain'>;

/** Keeps the chain as the configuration says, or the command line if that does. */
export class ChainKeeper implements Disposable {
  readonly #options: Options;
  readonly #log: Log;
  readonly #proxy: typeof import('@tsnctl/proxy');
  #kept: Disposable | undefined;
  #said = '';

  private constructor(options: Options, log: Log, proxy: typeof import('@tsnctl/proxy')) {
    this.#options = options;
    this.#log = log;
    this.#proxy = proxy;
  }

  static async open(options: Options, log: Log): Promise<ChainKeeper> {
    return new ChainKeeper(options, log, await import('@tsnctl/proxy'));
  }

  keep(config: Config): void {
    const said = JSON.stringify([config.chain, config.socket], (_, value) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    if (said === this.#said) return;
    const kept = this.#open(config);
    this.#kept?.[Symbol.dispose]();
    this.#kept = kept;
    this.#said = said;
  }

  #open(config: Config): Disposable | undefined {
    const { chainEntry, keepChain, onlyWithBinary } = this.#proxy;
    const { chain: flag, ...options } = this.#options;
    const log = this.#log;
    if (flag !== undefined && flag !== false) {
      const place = runtimePlace({ ...options, ...(typeof flag === 'string' && { confDir: flag }) });
      if (place.saidBy) log(`chain: ${describeDirectory(place)}`);
      return keepChain(place.confDir, { planner: installPlanner(place.traits, entryOf(options)), log });
    }
    const { chain } = config;
    const entry = chainEntry(config);
    if (chain === 'never' || entry === undefined) return undefined;
    const place = runtimePlace({
      ...options,
      dropIns: chain.dropIns,
      ...(chain.directory !== 'auto' && { confDir: chain.directory }),
    });
    if (place.saidBy) log(`chain: ${describeDirectory(place)}`);
    const planner = installPlanner(place.traits, entry);
    return keepChain(place.confDir, { planner: onlyWithBinary(planner, place.binDirs), log });
  }

  [Symbol.dispose](): void {
    this.#kept?.[Symbol.dispose]();
  }
}
