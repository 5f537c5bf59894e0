import type { Observation } from '../observer.ts';

/** What became of some packets' metadata, each judged by what its own payload says that was asked for. */
export interface Verdict {
  judged: number;
  /** With a priority that was not asked for. */
  wrongPriority: number;
  /** With a launch time that was not asked for. */
  wrongTime: number;
  /** Without something that was asked for. */
  lost: number;
}

export const nothingJudged: Verdict = { judged: 0, wrongPriority: 0, wrongTime: 0, lost: 0 };

export function judgeAll(packets: readonly Observation[]): Verdict {
  const count = (holds: (packet: Observation) => boolean) => packets.filter(holds).length;
  return {
    judged: packets.length,
    wrongPriority: count((packet) => packet.priority !== 0 && packet.priority !== packet.asked_priority),
    wrongTime: count((packet) => packet.tstamp !== 0n && packet.tstamp !== packet.asked_time_ns),
    lost: count(
      (packet) =>
        (packet.asked_priority !== 0 && packet.priority === 0) ||
        (packet.asked_time_ns !== 0n && packet.tstamp === 0n),
    ),
  };
}

export function addVerdicts(a: Verdict, b: Verdict): Verdict {
  return {
    judged: a.judged + b.judged,
    wrongPriority: a.wrongPriority + b.wrongPriority,
    wrongTime: a.wrongTime + b.wrongTime,
    lost: a.lost + b.lost,
  };
}
