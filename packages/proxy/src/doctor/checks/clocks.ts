import type { Check } from '../check.ts';
import { seen } from '../fact.ts';
import type { Found } from '../finding.ts';
import type { Daemon, NodeFacts } from '../node-facts.ts';

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
    if (needed && 'unseen' in facts.phcSources) {
      found.push({ severity: 'unseen', message: `chrony's configuration: ${facts.phcSources.unseen}` });
    }
    const untied = needed ? clockedNics(facts).filter(({ phc }) => !isTied(phc, keepers, facts)) : [];
    if (untied.length > 0) {
      found.push({
        severity: 'warning',
        message: `${untied.map(({ name }) => name).join(', ')} has a hardware clock, and neither phc2sys nor chrony ties it to the system's clock`,
        evidence: `/sys/class/ptp; no process phc2sys, no refclock PHC ${untied.map(({ phc }) => phc).join(', ')} of chrony`,
        mend: 'phc2sys -s IF -c CLOCK_REALTIME -w, beside ptp4l; or in chrony.conf: refclock PHC /dev/ptpN tai',
      });
    }
    found.push(...unfollowed(facts, severity));
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

function clockedNics({ nics, uplinks }: NodeFacts): { name: string; phc: string }[] {
  const all = seen(nics) ?? {};
  return (seen(uplinks) ?? []).flatMap(({ name }) => {
    const { ptpClock } = all[name] ?? {};
    return ptpClock === undefined ? [] : [{ name, phc: `/dev/ptp${ptpClock}` }];
  });
}

/** phc2sys says at its command line or by ptp4l alone which clocks it ties, chrony in its files. */
function isTied(phc: string, keepers: readonly Daemon[], { phcSources }: NodeFacts): boolean {
  if (keepers.some(({ name }) => name === 'phc2sys')) return true;
  return (seen(phcSources) ?? []).some(({ device }) => device === phc);
}

/** Hardware clocks that chrony has, and does not go by. */
function unfollowed({ phcSources }: NodeFacts, severity: 'warning' | 'hint'): Found[] {
  return (seen(phcSources) ?? []).flatMap(({ device, refid, file, state }): Found[] => {
    const why = state === undefined ? undefined : STATES[state];
    if (why === undefined) return [];
    return [
      {
        severity,
        subject: device,
        message: `chrony does not go by ${device}: ${why}`,
        evidence: `chronyc -n sources: ${refid} is "${state}"; ${file}`,
        mend: 'ptp4l has to keep that clock; if it keeps TAI, as PTP has it: refclock PHC ... tai; chronyc sourcestats shows more',
      },
    ];
  });
}

/** Why chrony does not go by a source: chronyc(1), sources. */
const STATES: Readonly<Record<string, string>> = {
  '-': 'other sources are better',
  x: 'it disagrees with the majority of the sources',
  '~': 'its time varies too much',
  '?': 'it cannot be read, or not often enough yet',
};
