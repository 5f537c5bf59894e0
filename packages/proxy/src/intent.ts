import { TsnctlError } from '@tsnctl/codec';
import { qdiscFacts } from '@tsnctl/netlink';
import type { Intent } from './metadata-proxy.ts';
import type { Desired, DesiredUplink, Interface, Observed, UplinkClock } from './model.ts';
import type { Policy } from './policy.ts';

/** Devices that hand their packets to another device, which restores the launch time. */
const STACKED = new Set(['vlan', 'bond', 'team', 'macvlan']);

/** Restore at this interface's egress, besides all that is there. `clock` is read off its qdiscs by default. */
export function attachUplink(name: string, clock?: UplinkClock): Intent {
  return (observed) => {
    const link = findInterface(observed, name);
    const desired = present(observed);
    if (desired.pods.some((pod) => pod.name === name)) throw taken(name, 'pod');
    const stacked = STACKED.has(link.kind ?? '');
    const uplink: DesiredUplink = { name, clock: clock ?? clockOf(link), stacked };
    return { ...desired, uplinks: [...desired.uplinks.filter((other) => other.name !== name), uplink] };
  };
}

/** Save at the host side of this pod, with this policy, besides all that is there. */
export function attachPod(name: string, policy: Policy, options: { withoutUplink?: boolean } = {}): Intent {
  return (observed) => {
    const link = findInterface(observed, name);
    const desired = present(observed);
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
          hint: 'tsnctl attach uplink IF first; or --without-uplink, where the NIC is in another namespace',
        },
      );
    }
    return { ...desired, pods: [...desired.pods.filter((pod) => pod.name !== name), { name, policy }] };
  };
}

export function detachUplink(name: string): Intent {
  return (observed) => {
    const desired = present(observed);
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
  return () => ({ pods: [], uplinks: [] });
}

/** What stands there now, as a wish: the base of every change by hand. */
export function present(observed: Observed): Desired {
  const name = (ifindex: number) => observed.interfaces.find((link) => link.ifindex === ifindex)?.name;
  const has = (ifindex: number, role: string) =>
    observed.attachments.some((found) => found.ifindex === ifindex && found.role === role);
  return {
    pods: observed.pods.flatMap(({ ifindex, policy }) => {
      const found = name(ifindex);
      return found !== undefined && has(ifindex, 'saver') ? [{ name: found, policy }] : [];
    }),
    uplinks: observed.uplinks.flatMap(({ ifindex, clock, stacked }) => {
      const found = name(ifindex);
      return found !== undefined && has(ifindex, 'restorer') ? [{ name: found, clock, stacked }] : [];
    }),
  };
}

/** The clock that an interface's qdiscs expect. */
function clockOf(link: Interface): UplinkClock {
  const clocks = new Set(
    link.qdiscs.map((kind) => qdiscFacts(kind).clock).filter((clock) => clock !== 'none'),
  );
  if (clocks.size > 1) {
    throw new TsnctlError('TWO_CLOCKS', `${link.name} has qdiscs of two clocks: ${link.qdiscs.join(', ')}`, {
      hint: '--clock tai or --clock mono, whichever its launch times are for',
    });
  }
  return [...clocks][0] ?? 'none';
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
function enumerate(names: readonly string[]): string {
  const more = names.length - FEW;
  return names.slice(0, FEW).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function taken(name: string, as: string): TsnctlError {
  return new TsnctlError('ROLE_TAKEN', `${name} is attached as ${as} already`, {
    hint: `tsnctl detach ${as} ${name} first`,
  });
}
