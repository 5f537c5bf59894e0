import type { Check } from '../check.ts';
import { seen } from '../fact.ts';
import type { Found } from '../finding.ts';
import type { NodeFacts } from '../node-facts.ts';

/** TAI minus UTC since 2017. */
const TAI_OFFSET_S = 37;
/** Programs that keep the system's clock, or a NIC's. */
const KEEPERS = ['ptp4l', 'phc2sys', 'ts2phc', 'chronyd', 'ntpd', 'systemd-timesyn'];

/** Schedules are in TAI; a clock that nobody keeps, or that has the wrong offset, opens gates at the wrong time. */
export const clocks: Check = {
  name: 'clocks',
  asks: 'is the clock kept, and does TAI have its offset',
  run: (facts) => {
    if ('unseen' in facts.time) return [{ severity: 'unseen', message: `clocks: ${facts.time.unseen}` }];
    const { taiOffsetS, synchronised, maxErrorUs } = facts.time.seen;
    const needed = wantsTai(facts);
    const severity = needed ? 'warning' : 'hint';
    const keepers = (seen(facts.daemons) ?? []).filter(({ name }) => KEEPERS.includes(name));
    const kept = keepers.length > 0 ? keepers.map(({ name }) => name).join(', ') : 'nobody that is known';
    const found: Found[] = [];
    if (!synchronised) {
      found.push({
        severity,
        message: `the system's clock is not synchronised; ${kept} keeps it`,
        evidence: `adjtimex: STA_UNSYNC, maxerror ${maxErrorUs} µs`,
        mend: 'ptp4l and phc2sys (linuxptp) for TSN; chrony where milliseconds will do',
      });
    }
    if (taiOffsetS !== TAI_OFFSET_S) {
      found.push({
        severity,
        message: `CLOCK_TAI is ${taiOffsetS} s ahead of UTC, not ${TAI_OFFSET_S}: launch times and base times of others are off by that`,
        evidence: `adjtimex: tai ${taiOffsetS}`,
        mend: 'phc2sys sets it; chrony: leapsectz right/UTC; by hand: adjtimex --tai 37',
      });
    }
    const unkept = needed && clockedNics(facts).length > 0 && !keepers.some(({ name }) => name === 'phc2sys');
    if (unkept) {
      found.push({
        severity: 'warning',
        message: `${clockedNics(facts).join(', ')} has a hardware clock, and no phc2sys ties it to the system's clock`,
        evidence: '/sys/class/ptp; no process phc2sys',
        mend: 'phc2sys -s IF -c CLOCK_REALTIME -w, beside ptp4l',
      });
    }
    if (found.length > 0) return found;
    return [
      {
        severity: 'ok',
        message: `the clock is kept (${kept}), within ${maxErrorUs} µs; TAI is ${taiOffsetS} s ahead`,
      },
    ];
  },
};

function wantsTai({ proxy, qdiscs }: NodeFacts): boolean {
  const timed = seen(qdiscs)?.some(({ kind }) => kind === 'taprio' || kind === 'etf') ?? false;
  return timed || (seen(proxy)?.uplinks.some(({ clock }) => clock === 'tai') ?? false);
}

function clockedNics({ nics, uplinks }: NodeFacts): string[] {
  const all = seen(nics) ?? {};
  return (seen(uplinks) ?? []).map(({ name }) => name).filter((name) => all[name]?.ptpClock !== undefined);
}
