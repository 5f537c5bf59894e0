import type { Clock, FqOptions, TaprioClass, TaprioEntry } from '@tsnctl/netlink';
import type { Words } from './words.ts';

/** What follows a keyword, put into the options. */
type Keyword = (words: Words, options: Record<string, unknown>) => void;
type Keywords = Readonly<Record<string, Keyword>>;

/** The options of a kind, by the words that follow its name. Kinds without a row take none. */
export const keywords: Readonly<Record<string, Keywords>> = {
  taprio: {
    ...priorityMap(),
    'base-time': ns('baseTimeNs'),
    'cycle-time': ns('cycleTimeNs'),
    'cycle-time-extension': ns('cycleTimeExtensionNs'),
    'sched-entry': (words, options) => {
      const command = words.take('S', 'H', 'R');
      if (!command) throw words.refuse(`"${words.peek()}" is none of S, H, R`);
      const gateMask = words.number('a mask of gates', 16);
      const entry: TaprioEntry = { command, gateMask, intervalNs: Number(words.time('an interval', 1n)) };
      options.entries = [...((options.entries as TaprioEntry[] | undefined) ?? []), entry];
    },
    clockid,
    flags: (words, options) => {
      const text = words.next('flags');
      const flags = Number(text);
      if (!Number.isInteger(flags)) throw words.refuse(`"${text}" is not flags`);
      options.flags = flags;
    },
    'txtime-delay': (words, options) => {
      options.txtimeDelayNs = Number(words.time('a delay', 1n));
    },
    'max-sdu': (words, options) => {
      perClass(options, words.numbers(), (maxSduBytes) => ({ maxSduBytes }));
    },
    fp: (words, options) => {
      perClass(options, letters(words), (letter) => ({
        preemption: letter === 'P' ? 'preemptible' : 'express',
      }));
    },
  },
  mqprio: {
    ...priorityMap(),
    hw: number('hw'),
    mode: word('mode'),
    shaper: word('shaper'),
    min_rate: rates('minRatesBps'),
    max_rate: rates('maxRatesBps'),
    fp: (words, options) => {
      options.preemption = letters(words).map((letter, tc) => ({
        tc,
        preemption: letter === 'P' ? 'preemptible' : 'express',
      }));
    },
  },
  etf: {
    clockid,
    delta: number('deltaNs'),
    offload: flag('offload'),
    deadline_mode: flag('deadlineMode'),
    skip_sock_check: flag('skipSockCheck'),
  },
  cbs: {
    idleslope: number('idleslopeKbps'),
    sendslope: number('sendslopeKbps'),
    hicredit: number('hicreditBytes'),
    locredit: number('locreditBytes'),
    offload: (words, options) => {
      options.offload = words.number('0 or 1') !== 0;
    },
  },
  prio: {
    bands: number('bands'),
    priomap: (words, options) => {
      options.priomap = words.numbers();
    },
  },
  tbf: {
    rate: (words, options) => {
      options.rateBps = words.bytesPerSecond('a rate');
    },
    burst: number('burstBytes'),
    limit: number('limitBytes'),
  },
  pfifo: { limit: number('limitPackets') },
  bfifo: { limit: number('limitBytes') },
  fq: {
    limit: number('limitPackets'),
    flow_limit: number('flowLimitPackets'),
    buckets: number('buckets'),
    quantum: number('quantumBytes'),
    initial_quantum: number('initialQuantumBytes'),
    maxrate: (words, options) => {
      options.maxRateBps = Number(words.bytesPerSecond('a rate'));
    },
    timer_slack: (words, options) => {
      options.timerSlackNs = Number(words.time('a time', 1n));
    },
    horizon: (words, options) => {
      options.horizonUs = Number(words.time('a time', 1000n) / 1000n);
    },
    horizon_drop: set<FqOptions>('horizonDrop', true),
    horizon_cap: set<FqOptions>('horizonDrop', false),
    pacing: set<FqOptions>('pacing', true),
    nopacing: set<FqOptions>('pacing', false),
  },
};

/** What a kind has where the command does not say it. */
export const defaults: Readonly<Record<string, object>> = {
  mqprio: { hw: 1 },
  cbs: { idleslopeKbps: 0, sendslopeKbps: 0, hicreditBytes: 0, locreditBytes: 0, offload: false },
  etf: { deltaNs: 0, offload: false, deadlineMode: false, skipSockCheck: false },
};

const PRIORITIES = 16;

function priorityMap(): Keywords {
  return {
    num_tc: number('numTc'),
    map: (words, options) => {
      const map = words.numbers();
      if (map.length > PRIORITIES)
        throw words.refuse(`${map.length} priorities where there are ${PRIORITIES}`);
      options.map = Array.from({ length: PRIORITIES }, (_, priority) => map[priority] ?? 0);
    },
    queues: (words, options) => {
      const ranges: { count: number; offset: number }[] = [];
      for (;;) {
        const [, count, offset] = /^(\d{1,5})@(\d{1,5})$/.exec(words.peek() ?? '') ?? [];
        if (count === undefined) break;
        words.next('a range');
        ranges.push({ count: Number(count), offset: Number(offset) });
      }
      options.queues = ranges;
    },
  };
}

function number(name: string): Keyword {
  return (words, options) => {
    options[name] = words.number('a number');
  };
}

function ns(name: string): Keyword {
  return (words, options) => {
    options[name] = words.time('a time', 1n);
  };
}

function word(name: string): Keyword {
  return (words, options) => {
    options[name] = words.next('a word');
  };
}

function flag(name: string): Keyword {
  return (words, options) => {
    options[name] = words.take('on', 'off') !== 'off';
  };
}

function set<Options>(name: keyof Options & string, value: boolean): Keyword {
  return (_, options) => {
    options[name] = value;
  };
}

function clockid(words: Words, options: Record<string, unknown>): void {
  const name = words.next('a clock').toUpperCase();
  const found = `CLOCK_${name.replace(/^CLOCK_/, '')}` as Clock;
  options.clockid = found;
}

function rates(name: string): Keyword {
  return (words, options) => {
    const found: bigint[] = [];
    while (/^\d+[a-zA-Z]*$/.test(words.peek() ?? '')) found.push(words.bytesPerSecond('a rate'));
    options[name] = found;
  };
}

function letters(words: Words): string[] {
  const found: string[] = [];
  for (let letter = words.take('E', 'P'); letter; letter = words.take('E', 'P')) found.push(letter);
  return found;
}

function perClass<T>(
  options: Record<string, unknown>,
  values: readonly T[],
  of: (value: T) => Omit<TaprioClass, 'tc'>,
): void {
  const known = (options.classes as TaprioClass[] | undefined) ?? [];
  const length = Math.max(known.length, values.length);
  options.classes = Array.from({ length }, (_, tc) => ({
    ...(known[tc] ?? { tc }),
    ...(tc < values.length && of(values[tc] as T)),
  }));
}
