import type { NodeSnapshot } from '@tsnctl/proxy';
import type { Watched } from './watched.ts';

/** What there is to look at. */
export function firstLine({ observedAt, pods, uplinks, drift }: NodeSnapshot): string {
  const carried = pods.filter(({ state }) => state === 'carried').length;
  const attached = uplinks.filter((uplink) => uplink.attached).length;
  return `${observedAt} node pods=${pods.length} carried=${carried} uplinks=${uplinks.length} attached=${attached} drift=${drift.length}`;
}

/** What a look brought, for where there is no terminal: a line for all that moves, and one for each event. */
export function watchLines({ snapshot, rates, news }: Watched): string[] {
  const at = snapshot.observedAt;
  const rate = (value: number) => `${Number(value.toFixed(1))}/s`;
  const moving = (byPriority: readonly number[], others: Readonly<Record<string, number>>) => [
    ...byPriority.flatMap((value, priority) =>
      value > 0 ? [`${priority === 0 ? 'time' : priority}=${rate(value)}`] : [],
    ),
    ...Object.entries(others).map(([name, value]) => `${name}=${rate(value)}`),
  ];
  const line = (what: string, moves: readonly string[]) =>
    moves.length === 0 ? [] : [`${at} ${what} ${moves.join(' ')}`];
  return [
    ...rates.pods.flatMap((pod) =>
      line(
        `pod ${pod.name}${pod.interface && pod.interface !== pod.name ? ` ${pod.interface}` : ''}`,
        moving(pod.byPriority, pod.others),
      ),
    ),
    ...rates.uplinks.flatMap((uplink) => [
      ...line(`uplink ${uplink.interface}`, moving(uplink.byPriority, uplink.others)),
      ...uplink.classes.flatMap(({ id, packets, bits, drops }) =>
        line(`uplink ${uplink.interface} class ${id}`, [
          ...(packets > 0 ? [`packets=${rate(packets)}`, `bits=${rate(bits)}`] : []),
          ...(drops > 0 ? [`drops=${rate(drops)}`] : []),
        ]),
      ),
    ]),
    ...news.map((event) => `${event.at} event ${event.text}`),
  ];
}
