import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { attachUplink, type Finding } from '@tsnctl/proxy';
import { BpfLink } from 'libbpf-ts';
import { describe, expect, it } from 'vitest';
import { runCli } from '../test/cli.ts';
import { idleProgram } from '../test/foreign.ts';
import { DONE, useStage } from '../test/use-stage.ts';

const stage = useStage({ inProcess: true });

const LOOK = 'doctor --only agent,ungated,foreign,restorers,stale --socket /nonexistent/agent.sock -o json';

async function look(): Promise<{ code: number | null; found: string[] }> {
  const before = { hooks: stage().hooks(), pins: stage().pins() };
  const { code, stdout } = await stage().run(LOOK);
  expect({ hooks: stage().hooks(), pins: stage().pins() }).toEqual(before);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const found = findings.map(({ severity, check, subject = '' }) => `${severity} ${check} ${subject}`.trim());
  return { code, found: found.sort() };
}

describe('tsnctl doctor', () => {
  it('changes nothing, and names what is amiss as it comes and goes', async () => {
    expect(await look()).toEqual({ code: 0, found: ['hint ungated'] });
    expect(await stage().run('attach uplink nic0')).toMatchObject(DONE);
    expect(await stage().run('attach pod pod0 --allow 3')).toMatchObject(DONE);
    expect(await look()).toEqual({ code: 3, found: ['error agent', 'ok restorers', 'ok ungated'] });

    using foreign = idleProgram();
    using _link = foreign.attachTcx({
      ifindex: stage().node.index('pod0'),
      direction: 'ingress',
      netns: stage().node.netns,
      position: 'first',
    });
    using strip = BpfLink.pinned(stage().linkPath('pod1', 'ingress'));
    strip.detach();
    using restorer = BpfLink.pinned(stage().linkPath('nic0', 'egress'));
    restorer.detach();
    expect(await look()).toEqual({
      code: 3,
      found: [
        'error agent',
        'error foreign pod0 ingress',
        'error restorers nic0',
        'error ungated pod1',
        'hint stale',
      ],
    });
  });

  it('does not tell of a change that is under way, and tells of what stays', async () => {
    const { proxy, lab } = stage();
    const path = join(lab.directory, 'agent.sock');
    const doctor = `doctor --only ungated,restorers,agent --socket ${path} -o json`;
    proxy.change(attachUplink('nic0'));
    using restorer = BpfLink.pinned(stage().linkPath('nic0', 'egress'));
    let looks = 0;
    // It looks at programs before it looks for the agent: by then it has seen that one is missing.
    const server = createServer(() => {
      looks++;
      if (looks === 1) proxy.change(attachUplink('nic0'));
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      restorer.detach();
      const { code, stdout } = await stage().run(doctor);
      const { findings } = JSON.parse(stdout) as { findings: Finding[] };
      expect({ code, found: findings.map(({ severity, check }) => `${severity} ${check}`).sort() }).toEqual({
        code: 0,
        found: ['ok agent', 'ok restorers', 'ok ungated'],
      });
      expect(looks).toBe(2);
      using another = BpfLink.pinned(stage().linkPath('nic0', 'egress'));
      another.detach();
      expect(await stage().run(doctor)).toMatchObject({ code: 3 });
      expect(looks).toBe(4);
    } finally {
      server.close();
    }
  });

  it('finds our plugin in the chain, also where it is a drop-in', async () => {
    const directory = mkdtempSync(join(stage().lab.directory, 'net.d-'));
    const list = { cniVersion: '1.1.0', name: 'pods', plugins: [{ type: 'bridge' }] };
    writeFileSync(join(directory, '10-pods.conflist'), JSON.stringify(list));
    const chain = async () => (await stage().run(`doctor --only chain --conf-dir ${directory}`)).stdout;
    expect(await chain()).toMatch(/^hint +chain +our plugin is not in the chain of pods: /);
    const install = ['cni', 'install', '--drop-ins', '--conf-dir', directory];
    expect(await runCli(install, { bpffs: stage().lab.bpffs })).toMatchObject({ code: 0 });
    expect(readdirSync(directory)).toEqual(['10-pods.conflist', 'pods']);
    expect(await chain()).toMatch(/^ok +chain +our plugin is the last of pods$/m);
  });

  it('shows evidence where it is asked for', async () => {
    const { stdout } = await stage().run('doctor --only kernel -o wide');
    expect(stdout).toMatch(
      /^ok {7}kernel {2}kernel \S+: host mode and pod mode, by tcx links\n +Seen: uname -r: /,
    );
    expect(stdout).toContain('\n\n1 ok\n');
  });

  it('knows its checks', async () => {
    expect(await stage().run('doctor --only kernal')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('tsnctl: there is no check kernal. Try: one of kernel, btf, '),
    });
  });
});
