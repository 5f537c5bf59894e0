import { clamp, DEFAULT_HORIZON_NS, type Policy } from '../policy.ts';
import type { ConfiguredPolicy } from './schema.ts';

/** What a policy of the configuration grants. */
export function policyOf(configured: Omit<ConfiguredPolicy, 'name' | 'match'>): Policy {
  const { allow, remap, txtime, horizon: horizonNs = DEFAULT_HORIZON_NS } = configured;
  const policy: Policy = { allow, remap, horizonNs: txtime ? horizonNs : 0n };
  return configured.clamp ? clamp(policy) : policy;
}
