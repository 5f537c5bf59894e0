import type { Observation } from './observer.ts';

/** What a flow's sender asked for; each packet's own launch time stands in its payload. */
export interface Asked {
  flow: number;
  sent: number;
  priority: number;
  launchTime: boolean;
  /** TCP stamps its packets with its own pacing time, which is no launch time. */
  tcp: boolean;
}

/** How many of a flow's packets had exactly what they asked for. */
export interface Verdict {
  priority: number;
  launchTime: number | null;
  /** Packets with a priority or launch time that they did not ask for. */
  wrong: number;
}

/** Judge a flow packet by packet, joined by the sequence number in the payload. */
export function judge(asked: Asked, observations: readonly Observation[]): Verdict {
  const own = observations.filter(({ flow }) => flow === asked.flow);
  const bySequence = Map.groupBy(own, ({ seq }) => seq);
  const packets = [...bySequence.values()];
  const every = (right: (packet: Observation) => boolean) =>
    packets.filter((copies) => copies.every(right)).length;
  return {
    priority: every((packet) => packet.priority === asked.priority),
    launchTime: asked.launchTime
      ? every((packet) => packet.asked_time_ns !== 0n && packet.tstamp === packet.asked_time_ns)
      : null,
    wrong: own.filter((packet) => isWrong(packet, asked)).length,
  };
}

/** Nothing is lost metadata; anything else that was not asked for is wrong. */
function isWrong(packet: Observation, asked: Asked): boolean {
  const priority = packet.priority !== 0 && packet.priority !== asked.priority;
  const misread = packet.asked_priority !== asked.priority || packet.seq >= asked.sent;
  const time = !asked.tcp && packet.tstamp !== 0n && packet.tstamp !== packet.asked_time_ns;
  return priority || misread || time;
}
