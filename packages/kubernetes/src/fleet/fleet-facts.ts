import type { JudgedFleet } from './fleet.ts';
import { type FleetNode, fleetNodes } from './fleet-node.ts';

/** What the checks of a fleet look at. */
export interface FleetFacts extends JudgedFleet {
  /** Nodes with what their agents say. */
  readonly rows: readonly FleetNode[];
}

export function fleetFacts(fleet: JudgedFleet): FleetFacts {
  return { ...fleet, rows: fleetNodes(fleet, fleet.nowMs) };
}
