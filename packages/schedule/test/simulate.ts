/** One port, bit by bit of time: strict priority, gates, frames that are not interrupted. The yardstick of the formula. */
export interface SimulatedPort {
  readonly cycle: number;
  /** Of each class: when its gate is open, by ns of the cycle. */
  isOpen(tc: number, at: number): boolean;
  readonly classes: number;
}

export interface SimulatedFrame {
  readonly tc: number;
  readonly wireNs: number;
  readonly comesAt: number;
}

/** When each frame has left, in the order given; undefined for one that is still there at `until`. */
export function simulate(
  port: SimulatedPort,
  frames: readonly SimulatedFrame[],
  until: number,
): (number | undefined)[] {
  const order = frames.map((frame, at) => ({ ...frame, at })).toSorted((a, b) => a.comesAt - b.comesAt);
  const queues: (typeof order)[] = Array.from({ length: port.classes }, () => []);
  const gone: (number | undefined)[] = frames.map(() => undefined);
  let next = 0;
  let now = 0;
  while (now < until) {
    for (; next < order.length && (order[next]?.comesAt ?? 0) <= now; next++) {
      const frame = order[next];
      if (frame) queues[frame.tc]?.push(frame);
    }
    const tc = queues.findLastIndex(
      (queue, of) => queue[0] !== undefined && fits(port, of, now, queue[0].wireNs),
    );
    const frame = tc < 0 ? undefined : queues[tc]?.shift();
    if (frame) {
      now += frame.wireNs;
      gone[frame.at] = now;
    } else now += 1;
  }
  return gone;
}

/** The gate is open and stays so until the last bit has left. */
function fits(port: SimulatedPort, tc: number, now: number, wireNs: number): boolean {
  for (let at = now; at < now + wireNs; at++) if (!port.isOpen(tc, at % port.cycle)) return false;
  return true;
}
