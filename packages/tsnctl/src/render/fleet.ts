import type { ClusterStep, Fleet, FleetFinding, FleetNode } from '@tsnctl/kubernetes';
import { type Paint, plain } from './colour.ts';
import { type Column, renderTable } from './table.ts';

export interface FleetRow extends FleetNode {
  readonly ready: boolean;
  readonly reason: string;
}

/** All nodes, a line each. */
export function renderFleetStatus(
  { agents }: Fleet,
  rows: readonly FleetRow[],
  { wide, now, paint }: { wide: boolean; now: Date; paint: Paint },
): string {
  const columns: Column<FleetRow>[] = [
    { heading: 'NODE', value: ({ name }) => name },
    {
      heading: 'READY',
      value: ({ ready }) => (ready ? 'yes' : 'no'),
      colour: ({ ready }) => (ready ? 'green' : 'red'),
    },
    { heading: 'REASON', value: ({ reason }) => reason },
    { heading: 'UPLINKS', value: ({ state }) => state?.uplinks.map(uplinkText).join(', ') ?? '' },
    { heading: 'CARRIED', value: ({ state }) => countOf(state), right: true },
    { heading: 'DRIFT', value: ({ state }) => `${state?.drift.length ?? ''}`, right: true },
    { heading: 'SEEN', value: ({ state }) => (state ? ago(state.observedAt, now) : 'never'), right: true },
    ...(wide
      ? [
          { heading: 'MODE', value: ({ state }: FleetRow) => state?.mode ?? '' },
          { heading: 'KERNEL', value: ({ state }: FleetRow) => state?.kernel ?? '' },
          { heading: 'VERSION', value: ({ state }: FleetRow) => state?.version ?? '' },
        ]
      : []),
  ];
  const isReady = rows.filter(({ ready }) => ready).length;
  const running = agents
    ? `, ${agents.ready} of ${agents.wanted} agents run`
    : ', there is no DaemonSet tsnctl';
  return `${renderTable(columns, rows, paint)}\n${isReady} of ${rows.length} nodes ready${running}\n`;
}

/** A paragraph for each node. */
export function renderFleetNodes({ nodes }: Fleet, { wide, paint }: { wide: boolean; paint: Paint }): string {
  return nodes.map((node) => nodeText(node, wide, paint)).join('\n');
}

function nodeText({ name, state }: FleetNode, wide: boolean, paint: Paint): string {
  if (!state) return `${paint('bold', name)}  no agent has said anything of it\n`;
  const head = `${paint('bold', name)}  kernel ${state.kernel}, ${state.mode} mode, tsnctl ${state.version}, seen ${state.observedAt}\n`;
  const uplinks = renderTable(
    [
      { heading: 'UPLINK', value: ({ name: it }) => it },
      { heading: 'CLOCK', value: ({ clock }) => clock },
      { heading: 'QDISC', value: ({ qdisc }) => qdisc },
      { heading: 'DRIVER', value: ({ driver = '' }) => driver },
      { heading: 'DEVICE', value: ({ device = '' }) => (wide ? device : '') },
    ],
    state.uplinks,
  );
  const pods = renderTable(
    [
      { heading: 'POD', value: ({ namespace, name: it }) => `${namespace}/${it}` },
      { heading: 'PRIORITIES', value: ({ priorities }) => priorities || 'none' },
      { heading: 'LAUNCH TIME', value: ({ horizon }) => (horizon === undefined ? 'no' : `up to ${horizon}`) },
      { heading: 'BY', value: ({ policies }) => policies.join(', ') },
      { heading: 'WITHHELD', value: ({ withheld = [] }) => withheld.join(', ') },
    ],
    state.pods,
  );
  const claims = state.interfaces.flatMap(({ name: by, interface: nic, conditions }) =>
    conditions
      .filter(({ status }) => wide || status !== 'True')
      .map(
        ({ reason, message }) =>
          `  TsnInterface ${by}${nic === undefined ? '' : ` on ${nic}`}: ${reason}: ${message}\n`,
      ),
  );
  const drift = state.drift.map(
    ({ message, cause }) => `  ${paint('red', 'drift')}  ${message} (${cause})\n`,
  );
  return [
    head,
    state.uplinks.length > 0 ? indent(uplinks) : '  no uplink\n',
    ...(state.pods.length > 0 ? [indent(pods)] : [`  none of ${state.podCount} pods asks for anything\n`]),
    ...claims,
    ...drift,
  ].join('');
}

/** The worst first, each with its mend. */
export function renderFleetFindings(
  findings: readonly FleetFinding[],
  nodes: number,
  paint: Paint = plain,
): string {
  if (findings.length === 0) return `${nodes} nodes, and nothing is amiss\n`;
  const sorted = findings.toSorted((a, b) =>
    a.severity < b.severity ? -1 : a.severity > b.severity ? 1 : 0,
  );
  const width = Math.max(...findings.map(({ about }) => about.length));
  const lines = sorted.map(({ severity, about, message, mend }) => {
    const word = paint(severity === 'error' ? 'red' : 'bold', severity.padEnd(7));
    return `${word}  ${about.padEnd(width)}  ${message}\n${' '.repeat(width + 11)}Try: ${mend}\n`;
  });
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return `${lines.join('')}\n${nodes} nodes: ${errors} errors, ${findings.length - errors} warnings\n`;
}

const WORDS: Readonly<Record<ClusterStep['do'], string>> = {
  create: 'create',
  update: 'change',
  'clean-nodes': 'let the agents clean their nodes:',
  delete: 'delete',
};

/** Steps of an install of a cluster, or of its way back. */
export function renderClusterSteps(
  steps: readonly ClusterStep[],
  { dryRun, wide }: { dryRun: boolean; wide: boolean },
): string {
  if (steps.length === 0) return 'nothing to do: all is as wanted\n';
  const lines = steps.map(({ do: what, kind, name, namespace, command }, at) => {
    const text = `${String(at + 1).padStart(2)}. ${WORDS[what]} ${kind} ${namespace === null ? '' : `${namespace}/`}${name}\n`;
    return wide || dryRun ? `${text}      ${command}\n` : text;
  });
  const count = steps.length === 1 ? '1 step' : `${steps.length} steps`;
  return `${count} ${dryRun ? 'would be taken' : 'done'}:\n${lines.join('')}`;
}

function uplinkText({ name, qdisc }: { name: string; qdisc: string }): string {
  return `${name} (${qdisc})`;
}

function countOf(state: FleetNode['state']): string {
  return state ? `${state.carriedPodCount} of ${state.podCount}` : '';
}

function ago(time: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(time)) / 1_000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes}m` : `${Math.round(minutes / 60)}h`;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}
