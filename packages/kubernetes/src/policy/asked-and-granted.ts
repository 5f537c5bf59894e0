import { type Asked, type Policy, policyRow, withheld } from '@tsnctl/proxy';

/** What a pod gets. */
export interface PodGrant {
  readonly policy: Policy;
  /** Asked for, and not granted, in words. */
  readonly withheld: readonly string[];
}

/**
 * What a pod asks for, as far as it is granted. A priority is sent as the grant has it; one that the pod wants to be
 * sent as another needs a grant of that other. Pure.
 */
export function askedAndGranted(asked: Asked, granted: Policy): PodGrant {
  const row = policyRow(granted).priorities;
  const sentAs = (priority: number) => Number((row >> BigInt(priority * 4)) & 15n);
  const own = Object.entries(asked.remap).map(([from, to]) => ({ from: Number(from), to, sent: sentAs(to) }));
  const pairs = [
    ...asked.allow.map((priority) => ({ from: priority, to: priority, sent: sentAs(priority) })),
    ...own,
  ];
  const denied = asked.allow.filter((priority) => sentAs(priority) === 0);
  const horizonNs = granted.horizonNs < asked.horizonNs ? granted.horizonNs : asked.horizonNs;
  return {
    policy: {
      allow: pairs.flatMap(({ from, sent }) => (sent === from ? [from] : [])),
      remap: Object.fromEntries(
        pairs.flatMap(({ from, sent }) => (sent === 0 || sent === from ? [] : [[from, sent]])),
      ),
      horizonNs,
    },
    withheld: withheld(asked, {
      denied,
      notRemapped: own.filter(({ sent }) => sent === 0),
      grantedNs: granted.horizonNs,
    }),
  };
}
