import { policyOf } from '../config/policy-of.ts';
import type { ConfiguredPolicy } from '../config/schema.ts';
import type { PodInterface, PodPolicy, PolicySource } from './policy-source.ts';

/** The policies of the configuration file. */
export class ConfigPolicies implements PolicySource {
  #policies: readonly (ConfiguredPolicy & PodPolicy)[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(policies: readonly ConfiguredPolicy[] = []) {
    this.set(policies);
  }

  set(policies: readonly ConfiguredPolicy[]): void {
    this.#policies = policies.map((configured, at) => ({
      ...configured,
      policy: policyOf(configured),
      by: `policy ${configured.name ?? at + 1} of the configuration`,
    }));
    for (const listener of this.#listeners) listener();
  }

  get needsIdentity(): boolean {
    return this.#policies.some(({ match }) => Object.keys(match).some((key) => key !== 'interface'));
  }

  /** The first that fits; none as long as an earlier one may turn out to fit. */
  policyFor(pod: PodInterface): PodPolicy | undefined {
    for (const { match, policy, by } of this.#policies) {
      const fit = fits(match, pod);
      if (fit === true) return { policy, by };
      if (fit === undefined && !pod.identified) return undefined;
    }
    return undefined;
  }

  subscribe(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}

/** Undefined where something that is asked for is not known. */
function fits(match: ConfiguredPolicy['match'], { name, netns, pod, containers }: PodInterface) {
  const known: Record<keyof typeof match, readonly string[] | undefined> = {
    interface: [name],
    netns,
    namespace: one(pod?.namespace),
    pod: one(pod?.name),
    uid: one(pod?.uid),
    container: containers,
  };
  const answers = Object.entries(match).map(([key, pattern]) => {
    const values = known[key as keyof typeof match];
    const matcher = globOf(pattern ?? '*', key === 'container');
    return values?.some((value) => matcher.test(value));
  });
  return answers.includes(false) ? false : answers.includes(undefined) ? undefined : true;
}

function one(value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : [value];
}

/** `*` stands for anything, all else for itself. */
function globOf(pattern: string, open: boolean): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}${open ? '' : '$'}`, 's');
}
