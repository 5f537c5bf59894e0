import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONF_DIR, FileNode } from '../../test/install-node.ts';
import { describeInstallStep } from './describe-install.ts';
import { inverseInstall, wayBack } from './inverse-install.ts';
import type { DesiredNode, InstallStep, ObservedNode } from './model.ts';
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

  it('what an interrupted plan had left to do is done, though no file shows it', async () => {
    await node.install().install('install', node.desired());
    const wait: InstallStep = { do: 'wait-ready', socket: '', timeoutMs: 1 };
    const restart: InstallStep = { do: 'restart-unit', unit: 'tsnctl-agent.service' };
    const reload: InstallStep = { do: 'reload-chain', directory: CONF_DIR };
    const left = (unfinished: readonly InstallStep[], over: Partial<DesiredNode> = {}) =>
      shown(planInstall(alive({ unfinished }), node.desired('1.0.0', over)).steps);
    expect(left([{ do: 'reload-units' }, restart, wait, reload])).toEqual([
      'reload-units',
      'restart-unit tsnctl-agent.service',
      'wait-ready',
      'reload-chain',
    ]);
    expect(left([wait])).toEqual(['wait-ready']);
    expect(left([wait], { readyTimeoutMs: 0 })).toEqual([]);
    expect(left([{ do: 'renew-programs' }])).toEqual([]);
  });

  it('an uninstall that goes on has read by others what was changed before it was interrupted', async () => {
    await node.install().install('install', node.desired());
    const options = { paths: installPaths(), recognised: [], boot: '' };
    const reload: InstallStep = { do: 'reload-chain', directory: CONF_DIR };
    const gone: InstallStep = { do: 'reload-chain', directory: '/not/there' };
    const { steps } = planUninstall(
      alive({
        paths: {},
        attachments: 0,
        unitActive: false,
        unfinished: [reload, gone, { do: 'reload-units' }],
      }),
      { ...options, journal: { plans: [], ends: new Map(), torn: 0 } },
    );
    expect(shown(steps).filter((step) => step.startsWith('reload'))).toEqual([
      'reload-units',
      'reload-chain',
    ]);
  });

  it('an upgrade that is refused has old files read and run again, and not new ones once more', async () => {
    await node.install().install('install', node.desired());
    const plan = planInstall(alive(), node.desired('1.1.0')).steps;
    const unit: InstallStep = {
      do: 'put',
      path: '/etc/systemd/system/tsnctl-agent.service',
      was: { kind: 'none' },
      to: { kind: 'none' },
      why: '',
    };
    const dropIn = { ...unit, path: `${CONF_DIR}/x/tsnctl.conf` };
    const at = plan.findIndex((step) => step.do === 'restart-unit');
    const steps = [unit, { do: 'reload-units' } as const, ...plan.slice(at, at + 2), dropIn];
    const reload = { do: 'reload-chain', directory: CONF_DIR } as const;
    const back = wayBack([...plan.slice(0, at), ...steps, reload]).map((one) => one.back);
    expect(shown(back).slice(0, 3)).toEqual([
      `put ${CONF_DIR}/x/tsnctl.conf`,
      'reload-chain',
      'put /etc/systemd/system/tsnctl-agent.service',
    ]);
    expect(shown(back).slice(-3)).toEqual([
      'remove-tree /opt/tsnctl/1.1.0',
      'reload-units',
      'restart-unit tsnctl-agent.service',
    ]);
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
  expect(text).toMatch(/^\[Unit\]\n([^[].*\n)*StartLimitIntervalSec=0$/m); // in [Service] systemd would not heed it
  expect(text).toContain('\nNoNewPrivileges=yes\n');
  expect(text).toContain('\nReadWritePaths=-/etc/cni/net.d\n');
  expect(text).toContain('\nExecStart=/opt/tsnctl/current/bin/tsnctl agent\n');
});
