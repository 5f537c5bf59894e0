import type { CustomResource } from './custom-resource.ts';
import { tsnInterfaceResource } from './tsn-interface.ts';
import { tsnNodeStateResource } from './tsn-node-state.ts';
import { tsnPolicyResource } from './tsn-policy.ts';

/** Every kind that we add to a cluster. */
export const resources: readonly CustomResource[] = [
  tsnPolicyResource,
  tsnInterfaceResource,
  tsnNodeStateResource,
];
