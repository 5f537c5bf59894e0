import type { Log } from '@tsnctl/proxy';
import type { KubeClient } from '../client/kube-client.ts';
import { customPath } from '../client/paths.ts';
import type { TsnPolicy } from '../crd/tsn-policy.ts';
import { policyConditions } from '../policy/policy-conditions.ts';
import { timed } from './node-state.ts';

export interface PolicyStatusWriterOptions {
  readonly client: KubeClient;
  readonly policies: () => readonly TsnPolicy[];
  readonly log: Log;
  /** Each agent waits for a random part of this; whoever wakes first writes, and the others see that it is done. */
  readonly withinMs?: number;
}

const WITHIN_MS = 60_000;

/** Conditions of TsnPolicies without a controller: every agent comes to the same, and only the first one writes. */
export class PolicyStatusWriter implements Disposable {
  readonly #options: PolicyStatusWriterOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PolicyStatusWriterOptions) {
    this.#options = options;
  }

  /** The policies may be other ones than before. */
  look(): void {
    if (this.#timer !== undefined || this.#stale().length === 0) return;
    this.#timer = setTimeout(() => void this.#write(), Math.random() * (this.#options.withinMs ?? WITHIN_MS));
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  async #write(): Promise<void> {
    const { client, log } = this.#options;
    for (const { name, status } of this.#stale()) {
      try {
        await client.patch(customPath('tsnpolicies', name, 'status'), { status });
      } catch (error) {
        log(`the status of TsnPolicy ${name} was not written: ${(error as Error).message}`, {
          level: 'warn',
        });
      }
    }
    this.#timer = undefined;
  }

  #stale(): { name: string; status: NonNullable<TsnPolicy['status']> }[] {
    const policies = this.#options.policies();
    const findings = policyConditions(policies);
    return policies.flatMap(({ metadata: { name, generation = 1 }, status }) => {
      const wanted = findings.get(name) ?? [];
      const isThere = wanted.every((finding) =>
        status?.conditions?.some(
          ({ type, status: it, reason, message }) =>
            type === finding.type &&
            it === finding.status &&
            reason === finding.reason &&
            message === finding.message,
        ),
      );
      if (isThere && status?.observedGeneration === generation) return [];
      const conditions = timed(wanted, status?.conditions ?? [], new Date().toISOString(), generation);
      return [{ name, status: { observedGeneration: generation, conditions } }];
    });
  }
}
