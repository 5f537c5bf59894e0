import { CniError, checkContainerId, checkIfname } from '@tsnctl/cni';
import type { Mode } from '../model.ts';
import type { Policy } from '../policy.ts';

/** What is known of one interface of one container: a file in the state directory. */
export interface AttachmentRecord {
  readonly containerId: string;
  readonly ifname: string;
  /** The network's name. */
  readonly network: string;
  readonly netns: string;
  /** As the runtime named it in CNI_ARGS; empty where it did not. */
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly carried: Carried;
  readonly policy: Policy;
  /** Asked for and not granted, in words. */
  readonly withheld: readonly string[];
}

/** How the interface's packets get to the NIC: over a border, or with no border in between. */
export type Carried =
  | ({ readonly by: 'programs'; readonly mode: Mode } & HostSide)
  | { readonly by: 'nothing' | 'itself'; readonly kind: string };

/** The host side of a pod's interface. Together these tell it from another one that got its index. */
export interface HostSide {
  readonly kind: string;
  readonly ifindex: number;
  readonly name: string;
  readonly address: string;
  /** The index of the pod's end, in the pod. */
  readonly peer: number;
}

const FORMAT = 1;
const LONGEST_ID = 200; // with interface name and suffix it is a file name, of at most 255 bytes

/** The file of a record: an id has no slash, no @, and does not begin with a dot. @throws CniError 4 */
export function recordName(containerId: string, ifname: string): string {
  const id = checkContainerId(containerId);
  if (id.length > LONGEST_ID) {
    throw new CniError('invalidEnvironment', `CNI_CONTAINERID is longer than ${LONGEST_ID} characters`);
  }
  return `${id}@${checkIfname(ifname)}.json`;
}

export function isRecordName(name: string): boolean {
  return /^[a-zA-Z0-9][^@/]*@[^/]+\.json$/.test(name);
}

export function writeRecord(record: AttachmentRecord): string {
  const text = JSON.stringify(
    { format: FORMAT, ...record },
    (_, value) => (typeof value === 'bigint' ? `${value}` : value),
    1,
  );
  return `${text}\n`;
}

/** Read what `writeRecord` wrote; undefined where it is something else: cut short, or of another version. */
export function readRecord(text: string): AttachmentRecord | undefined {
  try {
    const { format, ...record } = JSON.parse(text);
    if (format !== FORMAT) return undefined;
    recordName(record.containerId, record.ifname);
    const policy = { ...record.policy, horizonNs: BigInt(record.policy.horizonNs) };
    return isRecord(record) ? { ...record, policy } : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(record: AttachmentRecord): boolean {
  const { network, netns, pod, carried, policy, withheld } = record;
  const texts = [network, netns, pod.namespace, pod.name, pod.uid, carried.kind];
  const numbers = carried.by === 'programs' ? [carried.ifindex, carried.peer, ...policy.allow] : policy.allow;
  return (
    ['programs', 'nothing', 'itself'].includes(carried.by) &&
    texts.every((it) => typeof it === 'string') &&
    numbers.every((it) => Number.isSafeInteger(it)) &&
    typeof policy.remap === 'object' &&
    Array.isArray(withheld)
  );
}

/** `default/web eth0`, or the container where the runtime named no pod. */
export function describePod({ pod, containerId, ifname }: Omit<AttachmentRecord, 'carried'>): string {
  const name = pod.name ? `${pod.namespace}/${pod.name}` : containerId.slice(0, 12);
  return `${name} ${ifname}`;
}
