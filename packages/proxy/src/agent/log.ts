export type Log = (line: string) => void;

/** One line for each event, with its time. What others have named cannot make a second one. */
export function lineLog(write: (text: string) => unknown, now: () => Date = () => new Date()): Log {
  return (line) => void write(`${now().toISOString()} ${line.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?')}\n`);
}

/** Lets one line through every `everyMs`, and says how many it has kept back. For what a peer can cause at will. */
export function atMost(log: Log, everyMs: number, now: () => number = Date.now): Log {
  let last = Number.NEGATIVE_INFINITY;
  let kept = 0;
  return (line) => {
    if (now() - last < everyMs) {
      kept++;
      return;
    }
    log(kept > 0 ? `${line} (and ${kept} more of such lines)` : line);
    last = now();
    kept = 0;
  };
}
