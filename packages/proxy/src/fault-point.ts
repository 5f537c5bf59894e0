/** Every plan that a node runs. */
export type PlanName = 'data plane' | 'chain' | 'queues' | 'node';

/** A moment at which a process may be killed: before or after a step of a plan is carried out. */
export interface FaultPoint {
  readonly plan: PlanName;
  readonly when: 'before' | 'after';
  readonly step: unknown;
}

export type OnFaultPoint = (point: FaultPoint) => void;

const hearers = new Set<OnFaultPoint>();

/**
 * Hear of each step of every plan that this process carries out, undoing among them, as it passes. Tests kill the
 * process there, fill its disk, or stop it by an error.
 */
export function onFaultPoint(hearer: OnFaultPoint): Disposable {
  hearers.add(hearer);
  return { [Symbol.dispose]: () => void hearers.delete(hearer) };
}

/** Carry out one step. Every step of every plan goes through here, so that a new one is killed at, too. */
export function carryOut<Result extends void | Promise<void>>(
  plan: PlanName,
  step: unknown,
  perform: () => Result,
): Result {
  tell({ plan, when: 'before', step });
  const result = perform();
  if (!(result instanceof Promise)) {
    tell({ plan, when: 'after', step });
    return result;
  }
  return result.then(() => tell({ plan, when: 'after', step })) as Result;
}

function tell(point: FaultPoint): void {
  for (const hearer of hearers) hearer(point);
}
