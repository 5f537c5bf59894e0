import type { Finding } from '../finding.ts';
import type { CbsSettings, Schedule } from '../schedule.ts';
import { formatRate } from '../units.ts';
import { nothing, type Rule, speedOf } from './rule.ts';

/** IEEE 802.1Q, 34.3.1: unless told otherwise, classes with reservations get 75 percent together. */
const SHARE = 75n;

function shapersOf({ cbs, classes }: Schedule): { cbs: CbsSettings; path: PropertyKey[] }[] {
  const inClasses = classes.flatMap((one, tc) =>
    one.cbs ? [{ cbs: one.cbs, path: ['classes', tc, 'cbs'] }] : [],
  );
  return [...(cbs ? [{ cbs, path: ['cbs'] as PropertyKey[] }] : []), ...inClasses];
}

const slopes: Rule = (schedule, context) => {
  const speed = speedOf(schedule, context);
  const shapers = shapersOf(schedule);
  if (shapers.length === 0) return nothing;
  if (speed === undefined) {
    return shapers.flatMap(({ cbs, path }): Finding[] =>
      cbs.sendSlope !== undefined && cbs.hiCredit !== undefined && cbs.loCredit !== undefined
        ? []
        : [
            {
              code: 'CBS_NEEDS_SPEED',
              severity: 'error',
              path,
              message: 'sendSlope and credits follow from the link speed, which is not known',
              hint: 'linkSpeed: 1Gbit; or sendSlope, hiCredit and loCredit here',
            },
          ],
    );
  }
  const sum = shapers.reduce((total, { cbs }) => total + cbs.idleSlope, 0n);
  const found: Finding[] = shapers.flatMap(({ cbs, path }): Finding[] =>
    cbs.sendSlope === undefined || cbs.sendSlope === cbs.idleSlope - speed
      ? []
      : [
          {
            code: 'CBS_SEND_SLOPE',
            severity: 'warning',
            path: [...path, 'sendSlope'],
            message: `IEEE 802.1Q has idleSlope less the link speed: ${formatRate(cbs.idleSlope - speed)}`,
            hint: `sendSlope: ${formatRate(cbs.idleSlope - speed)}; or without it`,
          },
        ],
  );
  if (sum <= (speed * SHARE) / 100n) return found;
  const [{ path }] = shapers as [(typeof shapers)[number]];
  const over = sum >= speed;
  return [
    ...found,
    {
      code: 'CBS_TOO_MUCH',
      severity: over ? 'error' : 'warning',
      path: [...path, 'idleSlope'],
      message: `the idle slopes are ${formatRate(sum)} together, of ${formatRate(speed)}${over ? '' : ': more than 75 percent leaves little for all else'}`,
      hint: `${formatRate((speed * SHARE) / 100n)} together, or less`,
    },
  ];
};

/** What a class shapes, a gate that closes takes away: the credit grows meanwhile. */
const underGates: Rule = (schedule) => {
  if (schedule.qdisc !== 'taprio') return nothing;
  return schedule.classes.flatMap(({ cbs, name }, tc): Finding[] =>
    cbs === undefined || cbs.offload
      ? []
      : [
          {
            code: 'CBS_UNDER_GATES',
            severity: 'note',
            path: ['classes', tc, 'cbs'],
            message: `class ${name} gathers credit while its gate is closed, and sends it in a burst`,
          },
        ],
  );
};

export const shaperRules: readonly Rule[] = [slopes, underGates];
