import { type NodeSnapshot, type PodSnapshot, podName } from '@tsnctl/proxy';
import { plain } from '../colour.ts';
import { policyText } from './node.ts';
import {
  byPriorityText,
  type RenderOptions,
  renderFacts,
  renderPrograms,
  renderView,
  section,
} from './sections.ts';

/** One pod, with what has become of its packets. */
export function renderPodView(node: NodeSnapshot, options: RenderOptions): string {
  const { paint = plain } = options;
  const sections = [
    ...node.pods.map((pod) => section(`POD ${podName(pod)}`, renderFacts(factsOf(pod)), paint)),
    ...node.pods.map((pod) => section('PACKETS', renderFacts(outcomesOf(pod)), paint)),
    renderPrograms(node.hooks, options),
  ];
  return renderView(node, sections, paint);
}

const states: Record<PodSnapshot['state'], string> = {
  carried: 'carried: what its policy grants reaches the uplinks',
  stripped: 'stripped: it has no policy, and sends priority 0',
  unguarded: 'unguarded: no program of ours stands on it',
  untouched: 'untouched: nothing restores in this namespace',
  native: 'native: no border on its way, the kernel itself keeps the metadata',
  unsupported: 'unsupported: an interface of this kind cannot be carried',
  gone: 'gone: its interface is not there any more',
  unseen: 'not seen',
};

const modes = {
  host: 'host: the priority is read off the socket',
  pod: 'pod: the priority is read inside the pod',
} as const;

function factsOf(pod: PodSnapshot): (readonly [string, string])[] {
  const { policy, wantedPolicy } = pod;
  const differs = wantedPolicy !== null && policyText(wantedPolicy) !== policyText(policy);
  return [
    ['state', states[pod.state]],
    ['interface', interfaceText(pod)],
    ['mode', pod.mode === null ? '' : modes[pod.mode]],
    ['may use', policyText(policy)],
    ['recorded', differs ? policyText(wantedPolicy) : ''],
    ['by priority', byPriorityText(pod.savedByPriority)],
    ['not granted', pod.withheld.join(', ')],
    ['container', pod.containerId ?? ''],
    ['network', pod.network ?? ''],
  ];
}

function interfaceText({ interface: name, kind, ifindex, podInterface }: PodSnapshot): string {
  if (name === null) return kind ?? '';
  const details = [
    kind,
    ifindex === null ? null : `index ${ifindex}`,
    podInterface && `${podInterface} in the pod`,
  ];
  return `${name} (${details.filter(Boolean).join(', ')})`;
}

/** bpf/tables.h, in words. */
const outcomes: Record<string, string> = {
  saved: 'carried on: priority, launch time or both',
  denied: 'the policy does not grant their priority',
  remapped: 'sent as another priority',
  unclassed: 'priority above 15',
  untimed: 'the policy grants no launch time',
  past_horizon: 'launch time too far ahead',
  out_of_range: 'launch time outside the window of the word',
  late: 'launch time already over, carried all the same',
  not_ip: 'neither IPv4 nor IPv6',
  forged: 'came with a word of their own; overwritten or cleared',
  stripped: 'came with a word of their own, without a policy; cleared',
};

function outcomesOf({ counters }: PodSnapshot): (readonly [string, string])[] {
  const counted = Object.entries(counters ?? {}).filter(([, value]) => value !== '0');
  const width = Math.max(0, ...counted.map(([, value]) => value.length));
  return counted.map(([name, value]) => [
    name,
    `${value.padStart(width)}  ${outcomes[name] ?? ''}`.trimEnd(),
  ]);
}
