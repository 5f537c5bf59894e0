import { readdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { NIC, POD_SIDE } from '@tsnctl/lab';
import { deleteFilter, deleteQdisc, listFilters, replaceQdisc } from '@tsnctl/netlink';
import { useLeakCheck } from '@tsnctl/testkit';
import { BpfLink, queryTcx } from 'libbpf-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StageAgent } from '../test/agent.ts';
import { requireMachine } from '../test/requirements.ts';
import { NodeStage } from '../test/stage.ts';

useLeakCheck();

let stage: NodeStage;
let agent: StageAgent;
beforeEach(async (ctx) => {
  requireMachine(ctx);
  stage = NodeStage.create();
  agent = new StageAgent(stage);
});
afterEach(async () => {
  await agent?.stop();
  await stage?.[Symbol.asyncDispose]();
});

const RIGHT = ['nic0 egress: restorer', 'nic1 ingress: strip', 'pod0 ingress: strip', 'pod1 ingress: strip'];
const soon = { timeout: 20_000, interval: 5 };
const log = () => agent.log.join('\n');

/** The ids of the links on a hook, pinned or not. */
function linksOn(name: string, direction: 'ingress' | 'egress'): number[] {
  const { node } = stage;
  return queryTcx({ ifindex: node.index(name), direction, netns: node.netns }).flatMap(
    ({ linkId }) => linkId ?? [],
  );
}

describe('what somebody takes away from a node, whose agent looks at everything in half a minute', () => {
  it('a pin: the program stays on, and the same link is pinned again', async () => {
    await agent.startHere();
    const pins = [stage.linkPath(NIC, 'egress'), stage.linkPath(POD_SIDE, 'ingress')];
    const before = [linksOn(NIC, 'egress'), linksOn(POD_SIDE, 'ingress')];
    for (const pin of pins) rmSync(pin);
    expect([linksOn(NIC, 'egress'), linksOn(POD_SIDE, 'ingress')]).toEqual(before);
    const pinned = () => [stage.linkId(NIC, 'egress'), stage.linkId(POD_SIDE, 'ingress')];
    await expect.poll(() => readdirSync(dirname(pins[0] ?? '')), soon).toHaveLength(RIGHT.length);
    expect(pinned()).toEqual(before.flat());
    await expect
      .poll(log, soon)
      .toMatch(/somebody has removed pins; they are back, and nothing was off meanwhile: \//);
    await agent.stop();
    expect(stage.hooks()).toEqual(RIGHT); // by the pins alone
  });

  it('all pins: programs stay on until others have taken their place', async () => {
    await agent.startHere();
    const [old] = linksOn(NIC, 'egress');
    rmSync(dirname(dirname(stage.linkPath(NIC, 'egress'))), { recursive: true });
    expect(linksOn(NIC, 'egress')).toEqual([old]);
    const seen: number[] = [];
    await expect
      .poll(() => {
        const now = linksOn(NIC, 'egress');
        seen.push(now.length);
        return now.length === 1 && now[0] !== old;
      }, soon)
      .toBe(true);
    expect(Math.min(...seen)).toBe(1); // never without
    await expect.poll(() => stage.hooks(), soon).toEqual(RIGHT);
  });

  it('a link, by force: it is attached again', async () => {
    await agent.startHere();
    for (const pin of [stage.linkPath(NIC, 'egress'), stage.linkPath(POD_SIDE, 'ingress')]) {
      using link = BpfLink.pinned(pin);
      link.detach();
    }
    await expect.poll(() => stage.hooks(), soon).toEqual(RIGHT);
    expect(log()).toContain('mended what was not as it had been left: ');
  });

  it('an attachment that its owner detaches: it is let go', async () => {
    await agent.startHere({ uplinks: [{ name: 'nic0', clock: 'mono' }] });
    await stage.done('attach pod pod0 --allow 5');
    await expect.poll(() => stage.hooks(), soon).toContain('pod0 ingress: saver');
    await stage.done('detach pod pod0');
    expect(stage.hooks()).toEqual(RIGHT);
    await stage.done('detach all');
    expect(stage.hooks().filter((hook) => hook.includes('saver'))).toEqual([]);
    await expect.poll(() => stage.hooks(), soon).toEqual(RIGHT); // the agent is still there, and wants them
    expect(log()).not.toContain('somebody has removed pins');
  });

  it('a qdisc of an uplink: the log has it at once', async () => {
    await agent.startHere();
    const { node } = stage;
    const index = node.index(NIC);
    node.request(replaceQdisc({ index, kind: 'pfifo' }));
    await expect.poll(log, soon).toMatch(/uplink nic0 has pfifo, where .* was/);
    node.request(deleteQdisc({ index }));
    await expect.poll(log, soon).toMatch(/uplink nic0 has \S.*, where pfifo was/);
  });

  it('a filter, or the clsact qdisc below it: it is there again', async () => {
    await agent.startHere({ via: 'clsact' });
    const { node } = stage;
    const right = stage.hooks().map((hook) => (hook.startsWith(NIC) ? hook.replace('+qdisc', '') : hook)); // the mark went
    const filterOf = (index: number, hook: 'ingress' | 'egress') =>
      node.request(listFilters({ index, hook }))[0];
    const filter = filterOf(node.index(NIC), 'egress');
    if (!filter) throw new Error(`no filter among ${right}`);
    node.request(deleteFilter({ ...filter, hook: 'egress' }));
    await expect.poll(() => stage.hooks(), soon).toEqual(right);
    node.request(deleteQdisc({ index: node.index(POD_SIDE), kind: 'clsact' }));
    await expect.poll(() => stage.hooks(), soon).toEqual(right);
  });
});
