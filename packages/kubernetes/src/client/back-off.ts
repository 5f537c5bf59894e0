const FIRST_MS = 250;
const MOST_MS = 30_000;

/** How long to wait after so many failures in a row: twice as long each time, spread, so that nodes do not march in step. */
export function backOffMs(failures: number, random: () => number = Math.random): number {
  const most = Math.min(FIRST_MS * 2 ** failures, MOST_MS);
  return most / 2 + (random() * most) / 2;
}
