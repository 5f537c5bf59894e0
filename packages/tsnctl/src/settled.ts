import { setTimeout as sleep } from 'node:timers/promises';

/** A change of the data plane takes some milliseconds. */
const AGAIN_MS = 100;

/**
 * What a look finds, which locks nobody out: where something is amiss, another look shows whether that was somebody's
 * change that was under way.
 */
export async function settled<Seen>(
  look: () => Seen | Promise<Seen>,
  isAmiss: (seen: Seen) => boolean,
): Promise<Seen> {
  const first = await look();
  if (!isAmiss(first)) return first;
  await sleep(AGAIN_MS);
  return await look();
}
