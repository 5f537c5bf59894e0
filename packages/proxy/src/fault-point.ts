/** A moment at which a process may be killed: before or after a step of a plan is carried out. */
export interface FaultPoint<Step> {
  /** Which step of the plan. */
  readonly at: number;
  readonly when: 'before' | 'after';
  readonly step: Step;
}

/** Every moment of a plan, told of as it passes. */
export type OnFaultPoint<Step> = (point: FaultPoint<Step>) => void;
