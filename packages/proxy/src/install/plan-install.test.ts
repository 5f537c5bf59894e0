import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileNode } from '../../test/install-node.ts';
import { describeInstallStep } from './describe-install.ts';
import { inverseInstall } from './inverse-install.ts';
import type { InstallStep, ObservedNode } from './model.ts';
import { installPaths } from './paths.ts';
import { planInstall } from './plan-install.ts';
import { planUninstall } from './plan-uninstall.ts';
import { unitText } from './unit.ts';

let node: FileNode;
beforeEach(() => {
  node = new FileNode();
});
afterEach(() => node[Symbol.dispose]());

const shown = (steps: readonly InstallStep[]) =>
  steps.map((step) =>
    'path' in step ? `${step.do} ${step.path}` : 'unit' in step ? `${step.do} ${step.unit}` : step.do,
  );

/** What a node with systemd and a running data plane looks like. */
const alive = (over: Partial<ObservedNode> = {}): ObservedNode => ({
  ...node.install().observe(),
  systemd: true,
  unitActive: true,
  attachments: 3,
  runtimeState: true,
  ...over,
});

describe('where systemd runs', () => {
  it('the agent is ready before the runtime asks, and no plugin is named before it is there', () => {
    const { steps } = planInstall(alive({ unitActive: false }), node.desired());
    const all = shown(steps);
    expect(all.slice(-6)).toEqual([
      'put /etc/systemd/system/multi-user.target.wants',
      'put /etc/systemd/system/multi-user.target.wants/tsnctl-agent.service',
      'reload-units',
      'start-unit tsnctl-agent.service',
      'wait-ready',
      'put /etc/cni/net.d/10-flannel.conflist',
    ]);
    expect(all.indexOf('put /opt/cni/bin/tsnctl')).toBeLessThan(
      all.indexOf('start-unit tsnctl-agent.service'),
    );
  });

  it('an upgrade restarts the agent, renews programs, and removes the old version last', async () => {
    await node.install().install('install', node.desired());
    const all = shown(planInstall(alive(), node.desired('1.1.0')).steps);
    expect(all.filter((step) => !step.startsWith('put'))).toEqual([
      'restart-unit tsnctl-agent.service',
      'wait-ready',
      'reload-chain',
      'renew-programs',
      'remove-tree /opt/tsnctl/1.0.0',
    ]);
    expect(all.at(-1)).toBe('remove-tree /opt/tsnctl/1.0.0');
  });

  it('nothing is restarted where nothing has changed, and nothing waited for where nobody wants to', async () => {
    await node.install().install('install', node.desired());
    expect(planInstall(alive(), node.desired()).steps).toEqual([]);
    const { steps } = planInstall(alive({ unitActive: false }), node.desired('1.0.0', { readyTimeoutMs: 0 }));
    expect(shown(steps)).toEqual(['start-unit tsnctl-agent.service']);
  });

  it('an uninstall stops the agent, frees the list, detaches, and only then takes files away', async () => {
    await node.install().install('install', node.desired());
    const journal = node.install().readJournal();
    const { steps } = planUninstall(alive(), {
      paths: installPaths(),
      recognised: [],
      boot: '',
      ...(journal && { journal }),
    });
    expect(shown(steps)).toEqual([
      'stop-unit tsnctl-agent.service',
      'put /etc/cni/net.d/10-flannel.conflist',
      'detach-all',
      'put /etc/systemd/system/multi-user.target.wants/tsnctl-agent.service',
      'put /etc/systemd/system/multi-user.target.wants',
      'put /etc/systemd/system/tsnctl-agent.service',
      'reload-units',
      'put /opt/cni/bin/tsnctl',
      'put /etc/tsnctl/config.yaml',
      'put /etc/tsnctl',
      'put /usr/local/bin/kubectl-tsnctl',
      'put /usr/local/bin/tsnctl',
      'put /opt/tsnctl/current',
      'remove-tree /opt/tsnctl/1.0.0',
      'put /opt/tsnctl',
      'remove-runtime-state',
      'remove-journal',
    ]);
  });
});

describe('each step', () => {
  const steps = async () => {
    const install = planInstall(alive({ unitActive: false }), node.desired()).steps;
    await node.install().install('install', node.desired());
    const upgrade = planInstall(alive(), node.desired('1.1.0')).steps;
    const journal = node.install().readJournal();
    const uninstall = planUninstall(alive(), {
      paths: installPaths(),
      recognised: [],
      boot: '',
      ...(journal && { journal }),
    });
    return [...install, ...upgrade, ...uninstall.steps];
  };

  it('says what it does and which command would do the same', async () => {
    for (const step of await steps()) {
      const { text, equivalent } = describeInstallStep(step);
      expect(text).toMatch(/^[a-z].*[^.]$/);
      expect(equivalent).toMatch(/^[A-Za-z_]/);
    }
  });

  it('is undone by its inverse, and that by its own, where a file is concerned', async () => {
    for (const step of await steps()) {
      if (step.do !== 'put') continue;
      const back = inverseInstall(step);
      expect(back).toMatchObject({ was: step.to, to: step.was });
      expect(back && inverseInstall(back)).toMatchObject({ was: step.was, to: step.to });
    }
  });
});

it('the unit names a reason for each right, and bounds all processes by them', () => {
  const text = unitText({ command: '/opt/tsnctl/current/bin/tsnctl', confDir: '/etc/cni/net.d' });
  const rights = [...text.matchAll(/^# (CAP_[A-Z_]+): .+\nCapabilityBoundingSet=(CAP_[A-Z_]+)$/gm)];
  expect(rights).toHaveLength(5);
  for (const [, named, bound] of rights) expect(bound).toBe(named);
  expect(text).toContain('\nNoNewPrivileges=yes\n');
  expect(text).toContain('\nReadWritePaths=-/etc/cni/net.d\n');
  expect(text).toContain('\nExecStart=/opt/tsnctl/current/bin/tsnctl agent\n');
});
