import { type Check, type Finding, judge } from '@tsnctl/proxy';
import { agents } from './checks/agents.ts';
import { clocks } from './checks/clocks.ts';
import { grants } from './checks/grants.ts';
import { interfaces } from './checks/interfaces.ts';
import { policies } from './checks/policies.ts';
import { ready } from './checks/ready.ts';
import { versions } from './checks/versions.ts';
import type { JudgedFleet } from './fleet.ts';
import { type FleetFacts, fleetFacts } from './fleet-facts.ts';

/** From the nodes to what runs on them, to what is granted there. */
export const fleetChecks: readonly Check<FleetFacts>[] = [
  agents,
  ready,
  versions,
  interfaces,
  policies,
  grants,
  clocks,
];

/** What is amiss in a fleet, the worst first; by the checks of `only`, if any are named. Pure. @throws TsnctlError USAGE */
export function diagnoseFleet(fleet: JudgedFleet, only: readonly string[] = []): Finding[] {
  return judge(fleetChecks, fleetFacts(fleet), only);
}
