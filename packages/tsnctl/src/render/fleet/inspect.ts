import type { FleetNode } from '@tsnctl/kubernetes';
import { section } from '../inspect/sections.ts';
import { type Column, renderTable } from '../table.ts';
import { type FleetRenderOptions, renderFleetStatus } from './status.ts';

type On<T> = T & { readonly node: string };

const node = { heading: 'NODE', value: (row: { readonly node: string }) => row.node, once: true };

const uplinkColumns: readonly Column<On<FleetNode['uplinks'][number]>>[] = [
  node,
  { heading: 'UPLINK', value: ({ name }) => name },
  { heading: 'QDISC', value: ({ qdisc }) => qdisc },
  { heading: 'CLOCK', value: ({ clock }) => clock },
  { heading: 'DRIVER', value: ({ driver }) => driver ?? '' },
];

const interfaceColumns: readonly Column<On<FleetNode['interfaces'][number]>>[] = [
  node,
  { heading: 'TSNINTERFACE', value: ({ name }) => name },
  { heading: 'IS', value: ({ interface: nic }) => nic ?? '-' },
  {
    heading: 'STATE',
    value: ({ conditions = [] }) => conditions.find(({ status }) => status === 'False')?.reason ?? 'in force',
    colour: ({ conditions = [] }) => (conditions.some(({ status }) => status === 'False') ? 'red' : 'green'),
  },
  {
    heading: 'WHY',
    value: ({ conditions = [] }) => conditions.find(({ status }) => status === 'False')?.message ?? '',
  },
];

const podColumns: readonly Column<On<FleetNode['pods'][number]>>[] = [
  node,
  { heading: 'POD', value: ({ namespace, name }) => `${namespace}/${name}` },
  { heading: 'PRIORITIES', value: ({ priorities }) => priorities || '-' },
  { heading: 'HORIZON', value: ({ horizon }) => horizon ?? '-' },
  { heading: 'BY', value: ({ policies }) => policies.join(',') || 'no TsnPolicy' },
  {
    heading: 'NOT GRANTED',
    value: ({ withheld = [] }) => withheld.join(', '),
    colour: () => 'yellow',
  },
];

const driftColumns: readonly Column<On<FleetNode['drift'][number]>>[] = [
  node,
  { heading: 'CODE', value: ({ code }) => code, colour: () => 'red' },
  { heading: 'INTERFACE', value: ({ interface: nic }) => nic ?? '' },
  { heading: 'WHAT', value: ({ message }) => message },
  { heading: 'CAUSE', value: ({ cause }) => cause },
];

/** Nodes side by side, then their uplinks, pods with policies, and what is not as wanted. */
export function renderFleet(nodes: readonly FleetNode[], options: FleetRenderOptions): string {
  const { paint } = options;
  const of = <T extends object>(rows: (one: FleetNode) => readonly T[]) =>
    nodes.flatMap((one) => rows(one).map((row) => ({ ...row, node: one.node })));
  const table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]) =>
    rows.length === 0 ? '' : renderTable(columns, rows, paint);
  return [
    renderFleetStatus(nodes, options),
    section(
      'UPLINKS',
      table(
        uplinkColumns,
        of(({ uplinks }) => uplinks),
      ),
      paint,
    ),
    section(
      'TSNINTERFACES',
      table(
        interfaceColumns,
        of(({ interfaces }) => interfaces),
      ),
      paint,
    ),
    section(
      'PODS',
      table(
        podColumns,
        of(({ pods }) => pods),
      ),
      paint,
    ),
    section(
      'DRIFT',
      table(
        driftColumns,
        of(({ drift }) => drift),
      ),
      paint,
    ),
  ].join('');
}
