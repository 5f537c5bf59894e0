import { agentDeeds } from './agent-deeds.ts';
import { chainDeeds } from './chain-deeds.ts';
import { dataPlaneDeeds } from './data-plane-deeds.ts';
import type { Deeds } from './deed.ts';
import { nodeDeeds } from './node-deeds.ts';
import { queueDeeds } from './queue-deeds.ts';

/** Every plan that a node runs. A new deed is a row in one of these; a new step of one needs nothing. */
export const DEEDS: Deeds = {
  ...dataPlaneDeeds,
  ...nodeDeeds,
  ...chainDeeds,
  ...queueDeeds,
  ...agentDeeds,
};
