export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What a line is about, for programs; `info` unless it says otherwise. */
export interface LogFields {
  readonly level?: LogLevel;
  readonly [field: string]: unknown;
}

export type Log = (line: string, fields?: LogFields) => void;

export interface LogOptions {
  readonly format: 'json' | 'text';
  readonly level: LogLevel;
}

export interface LeveledLog {
  readonly log: Log;
  setLevel(level: LogLevel): void;
}

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** The agent's log on stderr: lines for people, or a line of JSON each. */
export async function openLog({ format, level }: LogOptions): Promise<LeveledLog> {
  if (format === 'text') {
    let least = level;
    const write = lineLog((text) => process.stderr.write(text));
    const log: Log = (line, fields) => {
      if (LEVELS.indexOf(fields?.level ?? 'info') <= LEVELS.indexOf(least)) write(line);
    };
    return {
      log,
      setLevel(wanted) {
        least = wanted;
      },
    };
  }
  const { default: pino } = await import('pino');
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: process.stderr.fd, sync: true }),
  );
  return {
    log: (line, { level: at = 'info', ...fields } = {}) => logger[at](fields, line),
    setLevel(wanted) {
      logger.level = wanted;
    },
  };
}

/** One line for each event, with its time. What others have named cannot make a second one. */
export function lineLog(write: (text: string) => unknown, now: () => Date = () => new Date()): Log {
  return (line) => void write(`${now().toISOString()} ${line.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?')}\n`);
}

/** Lets one line through every `everyMs`, and says how many it has kept back. For what a peer can cause at will. */
export function atMost(log: Log, everyMs: number, now: () => number = Date.now): Log {
  let last = Number.NEGATIVE_INFINITY;
  let kept = 0;
  return (line, fields) => {
    if (now() - last < everyMs) {
      kept++;
      return;
    }
    log(kept > 0 ? `${line} (and ${kept} more of such lines)` : line, fields);
    last = now();
    kept = 0;
  };
}
