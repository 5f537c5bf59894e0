import { agentFaults } from './agent-faults.ts';
import { chainFaults } from './chain-faults.ts';
import { diskFaults } from './disk-faults.ts';
import type { Faults } from './fault.ts';
import { linkFaults } from './link-faults.ts';
import { memoryFaults } from './memory-faults.ts';
import { pinFaults } from './pin-faults.ts';

/** Everything that happens to a node. A new fault is a row in one of these. */
export const FAULTS: Faults = {
  ...chainFaults,
  ...pinFaults,
  ...linkFaults,
  ...agentFaults,
  ...memoryFaults,
  ...diskFaults,
};
