import {
  describePolicy,
  type NodeSnapshot,
  type PodSnapshot,
  type PolicySnapshot,
  podName,
} from '@tsnctl/proxy';
import { type Colour, plain } from '../colour.ts';
import { type Column, renderTable } from '../table.ts';
import { countedText, type RenderOptions, renderPrograms, renderView, section } from './sections.ts';
import { renderUplink } from './uplink.ts';

/** All of a node: programs, pods, uplinks, drift. */
export function renderNode(node: NodeSnapshot, options: RenderOptions): string {
  const { paint = plain } = options;
  const sections = [
    renderPrograms(node.hooks, options),
    section('PODS', renderPods(node.pods, options), paint),
    ...node.uplinks.map((uplink) => renderUplink(uplink, options)),
  ];
  return renderView(node, sections, paint);
}

const podColumns: readonly Column<PodSnapshot>[] = [
  { heading: 'POD', value: (pod) => (pod.pod || pod.containerId ? podName(pod) : '') },
  { heading: 'INTERFACE', value: (pod) => pod.interface ?? '' },
  { heading: 'STATE', value: (pod) => pod.state, colour: ({ state }) => stateColours[state] },
  { heading: 'MODE', value: (pod) => pod.mode ?? '' },
  { heading: 'MAY USE', value: (pod) => policyText(pod.policy) },
  { heading: 'COUNTED', value: (pod) => countedText(pod.counters) },
];

const widePods: readonly Column<PodSnapshot>[] = [
  ...podColumns.slice(0, -1),
  { heading: 'NOT GRANTED', value: (pod) => pod.withheld.join(', ') },
  { heading: 'KIND', value: (pod) => pod.kind ?? '' },
  { heading: 'IFINDEX', value: (pod) => `${pod.ifindex ?? ''}`, right: true },
  { heading: 'IN THE POD', value: (pod) => pod.podInterface ?? '' },
  { heading: 'CONTAINER', value: (pod) => pod.containerId ?? '' },
  { heading: 'COUNTED', value: (pod) => countedText(pod.counters) },
];

const stateColours: Partial<Record<PodSnapshot['state'], Colour>> = {
  carried: 'green',
  unguarded: 'red',
  gone: 'red',
  unsupported: 'yellow',
};

function renderPods(pods: readonly PodSnapshot[], { wide, paint = plain }: RenderOptions): string {
  return pods.length === 0 ? '' : renderTable(wide ? widePods : podColumns, pods, paint);
}

export function policyText(policy: PolicySnapshot | null): string {
  return policy ? describePolicy({ ...policy, horizonNs: BigInt(policy.horizonNs) }) : '';
}
