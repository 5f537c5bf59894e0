import { describeInstallStep, type InstallPlan, type NodeStatus } from '@tsnctl/proxy/install';
import { renderFindings } from './cni.ts';

/** The plan of an install or of its way back, for people; `wide` adds the commands that would do the same. */
export function renderInstallPlan(
  { steps, left, findings }: InstallPlan,
  { dryRun, wide }: { dryRun: boolean; wide: boolean },
): string {
  const lines = steps.map(describeInstallStep).map(({ text, equivalent }, at) => {
    const number = String(at + 1).padStart(2);
    return wide || dryRun ? `${number}. ${text}\n      ${equivalent}\n` : `${number}. ${text}\n`;
  });
  const count = steps.length === 1 ? '1 step' : `${steps.length} steps`;
  const head =
    steps.length === 0
      ? 'nothing to do: all is as wanted\n'
      : `${count} ${dryRun ? 'would be taken' : 'done'}:\n`;
  return [head, ...lines, renderLeft({ left }), renderFindings(findings)].join('');
}

function renderLeft({ left }: Pick<InstallPlan, 'left'>): string {
  if (left.length === 0) return '';
  return `left as it is:\n${left.map(({ path, why }) => `    ${path}: ${why}\n`).join('')}`;
}

/** A node in short. */
export function renderNodeStatus(status: NodeStatus, wide: boolean): string {
  const { installed, agent, chain, uplinks, pods, drift, unseen } = status;
  const unit = agent.unit === 'none' ? '' : `, unit ${agent.unit}`;
  const rows: [string, string][] = [
    ['installed', installed ?? 'no: tsnctl install'],
    ['agent', `${agent.state}${unit}${wide || agent.state !== 'ready' ? ` (${agent.detail})` : ''}`],
    ['chain', chain === null ? 'never' : `${chain.place}, in ${chain.file ?? chain.directory}`],
    ['uplinks', describeUplinks(uplinks, wide)],
    ['pods', pods ? `${pods.carried} carried, ${pods.stripped} without a policy` : 'not seen'],
    ['drift', drift.length === 0 ? 'none' : `${drift.length}`],
  ];
  return [
    ...rows.map(([name, value]) => `${name.padEnd(10)} ${value}\n`),
    ...drift.map((line) => `    ${line}\n`),
    ...unseen.map((line) => `not seen   ${line}\n`),
  ].join('');
}

function describeUplinks(uplinks: NodeStatus['uplinks'], wide: boolean): string {
  if (uplinks === null) return 'not seen';
  return uplinks.map(({ name, clock }) => (wide ? `${name}=${clock}` : name)).join(', ') || 'none';
}
