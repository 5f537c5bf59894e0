import { ourConfig, planChainInstall } from '@tsnctl/cni';
import { Agent, type ChainPlanner, keepChain, lookAtChain, type PolicySource } from '@tsnctl/proxy';
import { NIC, POD_SIDE } from '../../src/stage.ts';
import { EVERYTHING } from '../plane.ts';
import { carrying } from './data-plane-deeds.ts';
import type { Deed, Deeds } from './deed.ts';
import type { DeedNode } from './deed-node.ts';
import { wireAnew } from './wire-anew.ts';

const planner: ChainPlanner = (dir) =>
  planChainInstall(dir, { runtime: { name: 'containerd', dropIns: false }, entry: ourConfig() });

const source: PolicySource = {
  policyFor: ({ name }) => (name === POD_SIDE ? { policy: EVERYTHING, by: 'the test' } : undefined),
  needsIdentity: false,
  subscribe: () => ({ [Symbol.dispose]: () => undefined }),
};

/** As `tsnctl agent --chain` starts; it is ended when it listens. */
async function start(node: DeedNode): Promise<void> {
  await using _ = await Agent.start({
    node: node.netns,
    bpffs: node.bpffs,
    state: node.state,
    socket: node.socket,
    uplinks: [{ name: NIC, clock: 'mono' }],
    source,
    log: () => undefined,
  });
  using _chain = keepChain(node.lists, { planner, log: () => undefined });
}

function starting(prepare: Deed['prepare']): Deed {
  return {
    prepare,
    run: start,
    left: ({ proxy, lists }) => [...proxy.plan(() => carrying()), ...lookAtChain(lists, planner).steps],
    carries: true,
  };
}

/** Whatever the agent finds: it has a plan for it, and may be killed on the way. */
export const agentDeeds: Deeds = {
  'the first start of an agent': starting(() => undefined),
  'the start of an agent that adopts': starting(async (node, stage) => {
    await start(node);
    wireAnew(stage, 'pod9'); // while no agent is there
    node.files.writeList();
  }),
};
