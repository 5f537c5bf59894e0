import type { Figure } from '@tsnctl/lab';

export interface AgentEffort {
  /** Pods that come one after the other. */
  readonly comers: number;
  /** Pods that are there. */
  readonly pods: number;
  readonly idleMs: number;
  readonly policyChanges: number;
}

export interface AgentPart {
  readonly title: string;
  run(program: string, effort: AgentEffort, signal: AbortSignal): Promise<Figure[]>;
}
