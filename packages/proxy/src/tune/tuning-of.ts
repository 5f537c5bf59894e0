import { TsnctlError } from '@tsnctl/codec';
import { type Context, computeGates, queuesNeeded, type Schedule, toQdiscs } from '@tsnctl/schedule';
import type { DesiredTuning } from './model.ts';

/** A schedule with its gates: computed where there are only streams. @throws TsnctlError BAD_SCHEDULE */
export function withGates(schedule: Schedule, context: Context, file: string): Schedule {
  if (schedule.streams.length === 0 || schedule.gates.length > 0) return schedule;
  const speed = schedule.linkSpeed ?? context.linkSpeed;
  if (speed === undefined) {
    throw new TsnctlError('BAD_SCHEDULE', `${file}: gates cannot be computed without the speed of the link`, {
      hint: 'linkSpeed: 1Gbit; or --dev IF, whose speed is known',
    });
  }
  return computeGates(schedule, speed, context.mtu);
}

/** What an interface needs for a schedule that was found right for it. Pure. */
export function tuningOf(schedule: Schedule, { linkSpeed, mtu }: Context): DesiredTuning {
  const qdiscs = toQdiscs(schedule, { linkSpeed, mtu });
  const needsQueues = schedule.qdisc === 'taprio' || schedule.qdisc === 'mqprio';
  return { qdiscs, txQueues: needsQueues ? queuesNeeded(schedule.classes) : 1 };
}
