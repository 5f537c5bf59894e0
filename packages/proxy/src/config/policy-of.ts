import { clamp, DEFAULT_HORIZON_NS, type Policy } from '../policy.ts';

/** A policy as the configuration has it. */
interface Configured extends Pick<Policy, 'allow' | 'remap'> {
  readonly clamp: boolean;
  readonly txtime: boolean;
  readonly horizon?: bigint | undefined;
}

/** What a policy of the configuration grants. */
export function policyOf(configured: Configured): Policy {
  const { allow, remap, txtime, horizon: horizonNs = DEFAULT_HORIZON_NS } = configured;
  const policy: Policy = { allow, remap, horizonNs: txtime ? horizonNs : 0n };
  return configured.clamp ? clamp(policy) : policy;
}
