import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lab, POD_SIDE, type Stage, setStage, wire } from '@tsnctl/lab';
import { deleteLink } from '@tsnctl/netlink';
import { ConfigPolicies, type NodeState } from '@tsnctl/proxy';
import { parseConfig } from '@tsnctl/proxy/config';
import { useLeakCheck } from '@tsnctl/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SmallDisk } from '../../lab/test/chaos/small-disk.ts';
import { StageAgent } from '../test/agent.ts';
import { requireMachine } from '../test/requirements.ts';
import { hooksOf } from '../test/stage.ts';

useLeakCheck();

let lab: Lab;
let stage: Stage;
let disk: SmallDisk;
let agent: StageAgent;
beforeEach((ctx) => {
  requireMachine(ctx);
  lab = Lab.create();
  stage = setStage(lab, { wirePod: () => {} });
  disk = lab.use(new SmallDisk());
  agent = new StageAgent(stage, { directory: disk.path });
});
afterEach(async () => {
  await agent?.stop();
  await lab?.[Symbol.asyncDispose]();
});

const source = () => new ConfigPolicies(parseConfig(POLICIES, 'config.yaml').policies);
const POLICIES = `policies: [{name: cameras, match: {interface: ${POD_SIDE}}, allow: 5-6}]`;
const soon = { timeout: 20_000, interval: 20 };
const log = () => agent.log.join('\n');
const kept = () => JSON.parse(readFileSync(join(agent.state, 'owned.json'), 'utf8')).pods;

describe('what the agent keeps cannot be written: it says so, answers the plugin, and goes on', () => {
  it.each([
    ['is read-only', /read-only file system/i, (it: SmallDisk) => it.makeReadOnly()],
    ['is full', /no space left/i, (it: SmallDisk) => it.fill()],
  ])('the disk %s', async (_, why, begin) => {
    await agent.startHere({ source: source() });
    const end = begin(disk);
    wire(stage.node, POD_SIDE, stage.pod, 'eth0');
    await expect
      .poll(log, soon)
      .toContain(`${POD_SIDE}: priorities 5-6, by policy cameras of the configuration`);
    expect(hooksOf(stage.node)).toContain(`${POD_SIDE} ingress: saver`);
    expect(kept()).toEqual([]);

    expect(await agent.call('STATUS')).toMatchObject({ code: 0 });
    await expect.poll(log, soon).toContain('what the agent keeps was not written: ');
    expect(agent.log.find((line) => line.startsWith('what the agent keeps'))).toMatch(why);
    expect(await agent.call('DEL')).toMatchObject({ code: 0 });
    const refused = await agent.call('ADD', { annotations: { 'tsnctl.dev/priorities': '3' } });
    expect({ code: refused.code, said: `${refused.reply?.msg} ${refused.reply?.details}` }).toEqual({
      code: 1,
      said: expect.stringMatching(why),
    });

    end();
    expect(await agent.call('STATUS')).toMatchObject({ code: 0 });
    await expect.poll(kept, soon).toEqual([{ ifindex: stage.node.index(POD_SIDE), name: POD_SIDE }]);
  });

  it('and says so each time, and reports how the node is', async () => {
    const reports: NodeState[] = [];
    await agent.startHere({
      source: source(),
      everyMs: 100,
      sink: { report: (state) => reports.push(state) },
    });
    const end = disk.makeReadOnly();
    wire(stage.node, POD_SIDE, stage.pod, 'eth0');
    await expect.poll(() => reports.at(-1)?.pods.map(({ name }) => name), soon).toEqual([POD_SIDE]);
    const failures = () => log().match(/looking at the node failed: .*read-only file system/gi) ?? [];
    await expect.poll(failures, soon).toHaveLength(1);
    end();
    await expect.poll(kept, soon).toEqual([{ ifindex: stage.node.index(POD_SIDE), name: POD_SIDE }]);
    const endAgain = disk.makeReadOnly();
    stage.node.request(deleteLink({ index: stage.node.index(POD_SIDE) }));
    await expect.poll(failures, soon).toHaveLength(2);
    endAgain();
  });
});
