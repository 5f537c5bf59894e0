import { TsnctlError } from '@tsnctl/codec';
import type { Link } from '@tsnctl/netlink';
import { enumerate } from '../intent.ts';
import type { NodeObservations } from './observations.ts';
import { podName } from './pods.ts';
import type { NodeSnapshot, PodSnapshot } from './schema.ts';
import { uplinkSnapshot } from './uplinks.ts';

/**
 * The part of a snapshot that concerns one pod, named as `namespace/name`, `name`, container id (its beginning will
 * do) or by an interface. @throws TsnctlError NO_POD, AMBIGUOUS_POD
 */
export function narrowToPod(snapshot: NodeSnapshot, wanted: string): NodeSnapshot {
  const found = findPods(snapshot.pods, wanted);
  const [pod] = found;
  if (!pod) throw noPod(snapshot, wanted);
  const names = new Set(found.map(podName));
  if (names.size > 1) {
    throw new TsnctlError('AMBIGUOUS_POD', `"${wanted}" may be any of ${names.size} pods`, {
      hint: `one of ${enumerate([...names])}`,
    });
  }
  const interfaces = new Set(found.map((one) => one.interface));
  return {
    ...snapshot,
    hooks: snapshot.hooks.filter((hook) => interfaces.has(hook.interface)),
    pods: found,
    uplinks: [],
    drift: snapshot.drift.filter((drift) => drift.interface === null || interfaces.has(drift.interface)),
  };
}

/** The part of a snapshot that concerns one interface as uplink, attached or not. @throws TsnctlError NO_INTERFACE, NOT_AN_UPLINK */
export function narrowToUplink(snapshot: NodeSnapshot, node: NodeObservations, name: string): NodeSnapshot {
  const link = node.links.find((candidate) => candidate.name === name);
  if (!link) throw noInterface(node.links, snapshot, name);
  const isPod = snapshot.pods.some((pod) => pod.interface === name && pod.ifindex !== null);
  if (isPod) {
    throw new TsnctlError('NOT_AN_UPLINK', `${name} is the host side of a pod's interface`, {
      hint: `tsnctl inspect pod ${name}`,
    });
  }
  return {
    ...snapshot,
    hooks: snapshot.hooks.filter((hook) => hook.interface === name),
    pods: [],
    uplinks: [uplinkSnapshot(link, node)],
    drift: snapshot.drift.filter((drift) => drift.interface === null || drift.interface === name),
  };
}

/** Exact names go before parts of them. */
function findPods(pods: readonly PodSnapshot[], wanted: string): PodSnapshot[] {
  const ways: ((pod: PodSnapshot) => boolean)[] = [
    (pod) => pod.interface === wanted,
    (pod) => pod.pod === wanted,
    (pod) => pod.pod?.split('/')[1] === wanted,
    (pod) => wanted.length >= 4 && (pod.containerId?.startsWith(wanted) ?? false),
  ];
  for (const way of ways) {
    const found = pods.filter(way);
    if (found.length > 0) return found;
  }
  return [];
}

function noPod({ pods, uplinks }: NodeSnapshot, wanted: string): TsnctlError {
  const uplink = uplinks.some((one) => one.interface === wanted);
  if (uplink) {
    return new TsnctlError('NO_POD', `${wanted} is an uplink, not the host side of a pod`, {
      hint: `tsnctl inspect uplink ${wanted}`,
    });
  }
  return new TsnctlError('NO_POD', `there is no pod or host side "${wanted}" on this node`, {
    hint:
      pods.length === 0
        ? 'this namespace has no pods; another one: --netns NAME'
        : `one of ${enumerate([...new Set(pods.map(podName))])}`,
  });
}

function noInterface(links: readonly Link[], { uplinks }: NodeSnapshot, name: string): TsnctlError {
  const known =
    uplinks.length > 0 ? uplinks.map((uplink) => uplink.interface) : links.map((link) => link.name);
  return new TsnctlError('NO_INTERFACE', `there is no interface ${name} in this namespace`, {
    hint: `one of ${enumerate(known)}; or another namespace: --netns NAME`,
  });
}
