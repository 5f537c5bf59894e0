import type { Check, Found } from '@tsnctl/proxy';
import { NAME } from '../../names.ts';
import type { SeenState } from '../fleet.ts';
import type { FleetFacts } from '../fleet-facts.ts';
import { counted, listed } from '../listed.ts';

/** Seconds: what writing a state takes, and the API server's time has no fractions of one. */
const MOST_OFF_S = 10;

/** Schedules of several nodes go by one time; a clock that is seconds off opens gates at any time. */
export const clocks: Check<FleetFacts> = {
  name: 'clocks',
  asks: 'do the clocks of nodes go with the API server, and uplinks of one TsnInterface by one clock',
  run: ({ rows, states, interfaces, nowMs }) => {
    const off = states.flatMap((state) => {
      const offS = offsetS(state, nowMs);
      return Math.abs(offS) > MOST_OFF_S ? [{ node: state.metadata.name, offS }] : [];
    });
    const found: Found[] = [];
    if (off.length > 0) {
      found.push({
        severity: 'warning',
        message: `the ${counted(off.length, 'clock', 'clocks')} of ${listed(off.map(({ node, offS }) => `${node} (${signed(offS)} s)`))} ${off.length === 1 ? 'is' : 'are'} not the API server's`,
        evidence: "observedAt, by the node's clock, beside managedFields, by the API server's",
        mend: 'ptp4l and phc2sys, or chrony, on these nodes; there: tsnctl doctor --only clocks',
      });
    }
    for (const {
      metadata: { name },
    } of interfaces) {
      const uplinks = rows.flatMap(({ node, interfaces: claims, uplinks: all }) => {
        const nic = claims.find((claim) => claim.name === name)?.interface;
        const uplink = all.find((one) => one.name === nic);
        return uplink ? [{ node, clock: uplink.clock }] : [];
      });
      const byClock = [...Map.groupBy(uplinks, ({ clock }) => clock)];
      if (byClock.length < 2) continue;
      found.push({
        severity: 'hint',
        subject: name,
        message: `the uplinks of TsnInterface ${name} go by several clocks: ${byClock.map(([clock, all]) => `${clock} on ${listed(all.map(({ node }) => node))}`).join('; ')}`,
        mend: 'their qdiscs differ: spec.schedule makes them the same; kubectl tsnctl inspect -o wide',
      });
    }
    if (found.length > 0 || states.length === 0) return found;
    return [
      {
        severity: 'ok',
        message: `${counted(states.length, 'clock is', 'clocks are')} within ${MOST_OFF_S} s of the API server's`,
      },
    ];
  },
};

/** By how much a node's clock is ahead, as far as its last write tells; without its time only the future can be told. */
function offsetS({ metadata, status }: SeenState, nowMs: number): number {
  const observedMs = Date.parse(status?.observedAt ?? '');
  if (Number.isNaN(observedMs)) return 0;
  const written = (metadata.managedFields ?? [])
    .filter(({ manager, subresource }) => manager === NAME && subresource === 'status')
    .map(({ time }) => Date.parse(time ?? ''))
    .filter((ms) => !Number.isNaN(ms));
  const isOnlyAhead = written.length === 0;
  const offS = Math.round((observedMs - (isOnlyAhead ? nowMs : Math.max(...written))) / 1_000);
  return isOnlyAhead ? Math.max(offS, 0) : offS;
}

function signed(seconds: number): string {
  return seconds > 0 ? `+${seconds}` : `${seconds}`;
}
