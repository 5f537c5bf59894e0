import { TsnctlError } from '@tsnctl/codec';
import { qdiscFacts } from '@tsnctl/netlink';
import type { Intent } from './metadata-proxy.ts';
import {
  type Desired,
  type DesiredUplink,
  type Interface,
  type Mode,
  type Observed,
  podRole,
  type Role,
  type UplinkClock,
  type Via,
} from './model.ts';
import { checkPolicy, type Policy } from './policy.ts';
import { requireRunning } from './stopped.ts';
import { requireRestored, requireUnneeded } from './unrestored.ts';

/** A part of what is wanted: `desired` with this in it. Refuses by throwing. */
export interface Change {
  (observed: Observed, desired: Desired): Desired;
  /** The interface of the pod that it is about: no other pod need be looked at. Without it, all are. */
  readonly concerns?: number;
}

/** The interfaces of the pods that these changes are about; undefined where they are about all. */
export function concernsOf(changes: readonly Change[]): ReadonlySet<number> | undefined {
  const concerns = changes.flatMap((change) => change.concerns ?? []);
  return concerns.length > 0 && concerns.length === changes.length ? new Set(concerns) : undefined;
}

/**
 * Several changes at once, besides all that is there. One that refuses is left out where `onRefusal` hears of it,
 * and refuses all without.
 */
export function combine(
  changes: readonly Change[],
  onRefusal?: (change: Change, error: unknown) => void,
): Intent {
  return (observed) =>
    changes.reduce((desired, change) => {
      try {
        return change(observed, desired);
      } catch (error) {
        if (!onRefusal) throw error;
        onRefusal(change, error);
        return desired;
      }
    }, present(observed));
}

/** Devices that hand their packets to another device, which restores the launch time. */
const STACKED = new Set(['vlan', 'bond', 'team', 'macvlan']);

/**
 * Restore at this interface's egress, besides all that is there. `clock` stays as it was, and is read off the
 * qdiscs of a new uplink.
 */
export function attachUplink(name: string, clock?: UplinkClock, options: { via?: Via } = {}): Intent {
  return combine([addUplink(name, clock, options)]);
}

export interface UplinkOptions {
  via?: Via;
  /** The qdiscs that it had when its clock was read: where others want another clock by now, it is read anew. */
  formerQdiscs?: readonly string[] | undefined;
}

export function addUplink(name: string, clock?: UplinkClock, options: UplinkOptions = {}): Change {
  return (observed, desired) => {
    const link = findInterface(observed, name);
    if (desired.pods.some((pod) => pod.name === name)) throw taken(name, 'pod');
    const stacked = STACKED.has(link.kind ?? '');
    const former = desired.uplinks.find((other) => other.name === name);
    const { formerQdiscs = link.qdiscs } = options;
    const kept = `${clocksOf(formerQdiscs)}` === `${clocksOf(link.qdiscs)}` ? former?.clock : undefined;
    const uplink: DesiredUplink = { name, clock: clock ?? kept ?? clockOf(link), stacked };
    return requireRunning(observed, {
      ...desired,
      via: viaOf(observed, options.via) ?? desired.via,
      uplinks: [...desired.uplinks.filter((other) => other.name !== name), uplink],
    });
  };
}

export interface PodOptions {
  /** Where the priority is read; as it was, at first `host` where the kernel can. */
  mode?: Mode;
  /** How all programs of the namespace are attached; as they are by default, at first tcx where the kernel can. */
  via?: Via;
  /** A path of the pod's network namespace, where it is known. */
  netns?: string | undefined;
  /** Even where nothing restores, or not everywhere. */
  withoutUplink?: boolean;
}

/** Carry for this pod, with this policy, besides all that is there. */
export function attachPod(name: string, policy: Policy, options: PodOptions = {}): Intent {
  return combine([addPod(name, policy, options)]);
}

export function addPod(name: string, policy: Policy, options: PodOptions = {}): Change {
  checkPolicy(policy);
  return (observed, desired) => {
    const link = findInterface(observed, name);
    if (desired.uplinks.some((uplink) => uplink.name === name)) throw taken(name, 'uplink');
    if (!link.podSide) {
      throw new TsnctlError('NOT_A_POD', `${name} is not the host side of a pod's interface`, {
        hint: 'a veth or netkit device whose peer lies in another namespace; ip -d link lists them',
      });
    }
    if (desired.uplinks.length === 0 && !options.withoutUplink) {
      throw new TsnctlError(
        'NO_UPLINK',
        `nothing restores what ${name} would save: no uplink is attached here`,
        {
          hint: "tsnctl attach uplink IF first, for the interface by which packets leave the node; --netns is the node's, not the pod's; --without-uplink is for tests",
        },
      );
    }
    if (!options.withoutUplink) requireRestored(observed, desired, name);
    const former = desired.pods.find((other) => other.name === name);
    const { netns } = options;
    const mode = modeOf(observed, options.mode ?? former?.mode);
    const pod = { name, policy, mode, ...(netns !== undefined && { netns }) };
    return requireRunning(observed, {
      ...desired,
      via: viaOf(observed, options.via) ?? desired.via,
      pods: [...desired.pods.filter((other) => other.name !== name), pod],
    });
  };
}

export function detachUplink(name: string): Intent {
  return combine([removeUplink(name)]);
}

export function removeUplink(name: string): Change {
  return (observed, desired) => {
    requirePart(observed, name, desired.uplinks, 'uplink');
    const uplinks = desired.uplinks.filter((uplink) => uplink.name !== name);
    if (uplinks.length === 0 && desired.pods.length > 0) {
      const pods = enumerate(desired.pods.map((pod) => pod.name));
      throw new TsnctlError(
        'PODS_ATTACHED',
        `${name} is the last uplink, and pods are still attached: ${pods}`,
        {
          hint: `tsnctl detach pod ${desired.pods[0]?.name} first; or everything at once: tsnctl detach all`,
        },
      );
    }
    requireUnneeded(observed, desired, name);
    return { ...desired, uplinks };
  };
}

export function detachPod(name: string): Intent {
  return (observed) => {
    const desired = present(observed);
    requirePart(observed, name, desired.pods, 'pod');
    return { ...desired, pods: desired.pods.filter((pod) => pod.name !== name) };
  };
}

export function detachAll(): Intent {
  return () => ({ pods: [], uplinks: [], via: 'tcx' });
}

/** What stands there now, as a wish: the base of every change by hand. */
export function present(observed: Observed): Desired {
  const name = (ifindex: number) => observed.interfaces.find((link) => link.ifindex === ifindex)?.name;
  const has = (ifindex: number, role: Role) =>
    observed.attachments.some((found) => found.ifindex === ifindex && found.role === role);
  return {
    via: observed.attachments[0]?.via ?? (observed.abilities.tcx ? 'tcx' : 'clsact'),
    pods: observed.pods.flatMap(({ ifindex, policy }) => {
      const found = name(ifindex);
      const mode = (['host', 'pod'] as const).find((candidate) => has(ifindex, podRole[candidate]));
      return found !== undefined && mode ? [{ name: found, policy, mode }] : [];
    }),
    uplinks: observed.uplinks.flatMap(({ ifindex, clock, stacked }) => {
      const found = name(ifindex);
      return found !== undefined && has(ifindex, 'restorer') ? [{ name: found, clock, stacked }] : [];
    }),
  };
}

/** The hook that is asked for, if the kernel has it. */
function viaOf({ abilities }: Observed, via: Via | undefined): Via | undefined {
  if (via !== 'tcx' || abilities.tcx) return via;
  throw new TsnctlError('UNSUPPORTED', `kernel ${abilities.kernel} has no tcx hooks`, {
    hint: '--hook clsact; or kernel 6.6 or newer with CONFIG_NET_XGRESS',
  });
}

/** The mode that is asked for, or the best there is. */
function modeOf({ abilities }: Observed, mode: Mode | undefined): Mode {
  if (mode === undefined) return abilities.hostMode ? 'host' : 'pod';
  if (mode === 'pod' || abilities.hostMode) return mode;
  const why = `kernel ${abilities.kernel} does not show a pod's launch times at its host side`;
  throw new TsnctlError('UNSUPPORTED', why, { hint: '--mode pod; or kernel 6.11 or newer' });
}

/** The clocks that qdiscs of these kinds expect. */
function clocksOf(kinds: readonly string[]): UplinkClock[] {
  const clocks = kinds.map((kind) => qdiscFacts(kind).clock).filter((clock) => clock !== 'none');
  return [...new Set(clocks)].sort();
}

/** The clock that an interface's qdiscs expect. */
function clockOf(link: Interface): UplinkClock {
  const clocks = clocksOf(link.qdiscs);
  if (clocks.length > 1) {
    throw new TsnctlError('TWO_CLOCKS', `${link.name} has qdiscs of two clocks: ${link.qdiscs.join(', ')}`, {
      hint: '--clock tai or --clock mono, whichever its launch times are for',
    });
  }
  return clocks[0] ?? 'none';
}

function findInterface(observed: Observed, name: string): Interface {
  const link = observed.interfaces.find((candidate) => candidate.name === name);
  if (link) return link;
  const known = enumerate(observed.interfaces.map((candidate) => candidate.name));
  throw new TsnctlError('NO_INTERFACE', `there is no interface ${name} in this namespace`, {
    hint: `one of ${known}; or another namespace: --netns NAME`,
  });
}

function requirePart(
  observed: Observed,
  name: string,
  parts: readonly { name: string }[],
  what: string,
): void {
  findInterface(observed, name);
  if (parts.some((part) => part.name === name)) return;
  if (parts.length === 0) {
    throw new TsnctlError('NOT_ATTACHED', `${name} is not attached, and no ${what} is in this namespace`, {
      hint: '--netns NAME, if it is attached in another namespace',
    });
  }
  throw new TsnctlError('NOT_ATTACHED', `${name} is not attached as ${what}`, {
    hint: `one that is: ${enumerate(parts.map((part) => part.name))}`,
  });
}

const FEW = 8;

/** Names as a list that fits a line: a node has hundreds of interfaces. */
export function enumerate(names: readonly string[]): string {
  const more = names.length - FEW;
  return names.slice(0, FEW).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function taken(name: string, as: string): TsnctlError {
  return new TsnctlError('ROLE_TAKEN', `${name} is attached as ${as} already`, {
    hint: `tsnctl detach ${as} ${name} first`,
  });
}
