import type { Finding } from '../finding.ts';
import { largestFrame } from '../largest-frame.ts';
import type { Schedule, Stream } from '../schedule.ts';
import { waitingTimes } from '../streams/waiting-time.ts';
import { formatDuration, roughDuration } from '../units.ts';
import { sumOf, windowsOf } from '../windows.ts';
import { nothing, type Rule, speedOf } from './rule.ts';

const fits: Rule = (schedule, { mtu }) =>
  schedule.streams.flatMap(({ name, size, class: tc }, at): Finding[] => {
    const most = largestFrame(schedule, tc, mtu);
    if (size <= most) return [];
    return [
      {
        code: 'STREAM_TOO_LARGE',
        severity: 'error',
        path: ['streams', at, 'size'],
        message: `the frames of ${name} have ${size} bytes, and those of class ${schedule.classes[tc]?.name} at most ${most}`,
        hint: `size: ${most}; or a larger maxFrame`,
      },
    ];
  });

/** What a stream may wait, against what it can. */
const deadlines: Rule = (schedule, context) => {
  const speed = speedOf(schedule, context);
  if (schedule.streams.length === 0 || schedule.gates.length === 0 || speed === undefined) return nothing;
  return waitingTimes(schedule, speed, context.mtu).flatMap(({ delayNs, parts }, at): Finding[] => {
    const { name, deadline } = schedule.streams[at] as Stream;
    const path = ['streams', at, ...(deadline === undefined ? [] : ['deadline'])];
    if (delayNs === undefined)
      return [{ code: 'STREAM_UNBOUNDED', severity: 'error', path, ...whyEndless(schedule, at) }];
    if (deadline === undefined || BigInt(delayNs) <= deadline || parts === undefined) return [];
    const { closedNs, blockingNs, queueNs } = parts;
    return [
      {
        code: 'DEADLINE_MISSED',
        severity: 'error',
        path,
        message: `a frame of ${name} can take ${roughDuration(delayNs)}: ${roughDuration(closedNs)} for the closed gate, ${roughDuration(blockingNs)} for a lower frame that has begun, ${roughDuration(queueNs)} for frames ahead of it, and its own`,
        hint: `deadline: ${formatDuration(delayNs)}; or its gate open more often; or streams without gates, and they are computed`,
      },
    ];
  });
};

function whyEndless({ classes, gates, streams }: Schedule, at: number): { message: string; hint: string } {
  const { name, class: tc } = streams[at] as Stream;
  const other = classes.findIndex(
    (_, higher) =>
      higher > tc &&
      streams.every((one) => one.class !== higher) &&
      gates.some(({ open }) => (open & (1 << tc)) !== 0 && (open & (1 << higher)) !== 0),
  );
  if (other >= 0) {
    return {
      message: `class ${classes[other]?.name} goes before ${name}, has no streams that would limit it, and its gate is open at the same time`,
      hint: `a gate of its own for class ${classes[tc]?.name}; or the streams of ${classes[other]?.name}, too`,
    };
  }
  const cycle = sumOf(gates);
  const open = windowsOf(gates, tc).reduce((sum, { length }) => sum + length, 0);
  return {
    message: `${name} can wait without end: class ${classes[tc]?.name} is open for ${roughDuration(open)} of ${roughDuration(cycle)}, and with what goes before it that is too little`,
    hint: 'longer gates; or smaller or fewer frames',
  };
}

export const streamRules: readonly Rule[] = [fits, deadlines];
