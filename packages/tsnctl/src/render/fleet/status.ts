import type { FleetNode, Health } from '@tsnctl/kubernetes';
import type { Colour, Paint } from '../colour.ts';
import { type Column, renderTable } from '../table.ts';
import { ageOf } from './age.ts';

export interface FleetRenderOptions {
  readonly wide: boolean;
  readonly paint: Paint;
}

/** How each is called, and coloured; in the order of the summary. */
const healths: Readonly<Record<Health, { text: string; colour: Colour }>> = {
  ready: { text: 'ready', colour: 'green' },
  drift: { text: 'drift', colour: 'red' },
  'not-ready': { text: 'not ready', colour: 'red' },
  silent: { text: 'silent', colour: 'red' },
  'no-agent': { text: 'no agent', colour: 'red' },
  'no-node': { text: 'node is gone', colour: 'yellow' },
};

const hasAgent = ({ version }: FleetNode) => version !== null;

const columns: readonly Column<FleetNode>[] = [
  { heading: 'NODE', value: ({ node }) => node },
  {
    heading: 'STATE',
    value: ({ health }) => healths[health].text,
    colour: ({ health }) => healths[health].colour,
  },
  { heading: 'SEEN', value: ({ ageMs }) => (ageMs === null ? '-' : ageOf(ageMs)), right: true },
  { heading: 'VERSION', value: ({ version }) => version ?? '-' },
  { heading: 'UPLINKS', value: ({ uplinks }) => uplinks.map(({ name }) => name).join(',') || '-' },
  {
    heading: 'PODS',
    value: (row) => (hasAgent(row) ? `${row.carriedPodCount}/${row.podCount}` : '-'),
    right: true,
  },
  { heading: 'DRIFT', value: (row) => (hasAgent(row) ? `${row.drift.length}` : '-'), right: true },
];

const wideColumns: readonly Column<FleetNode>[] = [
  ...columns,
  { heading: 'MODE', value: ({ mode }) => mode ?? '-' },
  { heading: 'KERNEL', value: ({ kernel }) => kernel ?? '-' },
];

const reason: Column<FleetNode> = { heading: 'WHY', value: (row) => row.reason };

/** Every node side by side, and how many are how. PODS: with a policy, of all. */
export function renderFleetStatus(nodes: readonly FleetNode[], { wide, paint }: FleetRenderOptions): string {
  return `${renderTable([...(wide ? wideColumns : columns), reason], nodes, paint)}\n${summaryOf(nodes)}`;
}

function summaryOf(nodes: readonly FleetNode[]): string {
  const parts = Object.entries(healths).flatMap(([health, { text }]) => {
    const count = nodes.filter((node) => node.health === health).length;
    return count === 0 ? [] : [`${count} ${text}`];
  });
  return `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}: ${parts.join(', ')}\n`;
}
