import type { Fact } from '../../src/doctor/fact.ts';
import type { NodeFacts } from '../../src/doctor/node-facts.ts';
import type { Interface, Observed } from '../../src/model.ts';
import { healthyNode } from '../healthy-node.ts';

export const healthy = healthyNode();
/** What its proxy has observed. */
export const proxy = (healthy.proxy as { seen: Observed }).seen;

/** The healthy node, but for this. */
export function but(patch: Partial<NodeFacts>): NodeFacts {
  return { ...healthy, ...patch };
}

/** The same of what its proxy has observed. */
export function butProxy(patch: Partial<Observed>): NodeFacts {
  return but({ proxy: { seen: { ...proxy, ...patch } } });
}

/** The healthy node, and one interface more. */
export function withInterface(extra: Interface, patch: Partial<NodeFacts> = {}): NodeFacts {
  return but({ proxy: { seen: { ...proxy, interfaces: [...proxy.interfaces, extra] } }, ...patch });
}

/** What could not be looked at. */
export const nothing: Fact<never> = { unseen: 'not permitted' };

/** A node that ails, the check that finds it, how the finding begins, and what its mend has. */
export type Ailing = [name: string, check: string, facts: NodeFacts, line: string, mend?: string];
