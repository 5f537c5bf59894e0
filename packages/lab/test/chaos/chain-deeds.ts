import { ourConfig, planChainInstall, planChainRemove, planChainRepair } from '@tsnctl/cni';
import { type ChainPlanner, changeChain, lookAtChain } from '@tsnctl/proxy';
import { carrying } from './data-plane-deeds.ts';
import type { Deed, Deeds } from './deed.ts';
import type { DeedNode } from './deed-node.ts';

const entry = ourConfig({ grant: { priorities: '1-6' } });
const planner =
  (dropIns: boolean, plan = planChainInstall): ChainPlanner =>
  (dir) =>
    plan(dir, { runtime: { name: 'containerd', dropIns }, entry });
const byEdit = planner(false);
const byDropIn = planner(true);

function change(planner: ChainPlanner, prepare: (node: DeedNode) => void = () => undefined): Deed {
  return {
    prepare(node) {
      node.proxy.change(() => carrying());
      prepare(node);
    },
    run: ({ lists }) => changeChain(lists, planner),
    left: ({ lists }) => lookAtChain(lists, planner).steps,
    carries: true,
    writes: true,
  };
}

const unchain: ChainPlanner = (dir) => planChainRemove(dir, { emptied: true });
const laid = (planner: ChainPlanner) => (node: DeedNode) => void changeChain(node.lists, planner);

/** What `tsnctl cni install` and `remove` come to, and the agent that keeps the chain. */
export const chainDeeds: Deeds = {
  'chain by an edit': { ...change(byEdit), short: true },
  'chain by a drop-in': change(byDropIn),
  'chain by a drop-in what was edited': change(byDropIn, laid(byEdit)),
  'repair the chain': change(planner(false, planChainRepair), (node) => {
    changeChain(node.lists, byEdit);
    node.files.writeList();
  }),
  'unchain an edit': change(unchain, laid(byEdit)),
  'unchain a drop-in': change(unchain, laid(byDropIn)),
};
