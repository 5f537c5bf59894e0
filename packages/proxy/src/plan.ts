import { TsnctlError } from '@tsnctl/codec';
import {
  type Attachment,
  type Desired,
  type Hook,
  hookOf,
  type Interface,
  type Observed,
  type ObservedUplink,
  podRole,
  type Role,
  type Step,
  type Via,
} from './model.ts';
import { type Policy, samePolicy } from './policy.ts';

/** May do nothing: what a pod without a policy has. */
const NO_POLICY: Policy = { allow: [], remap: {}, horizonNs: 0n };

/**
 * The steps from what is there to what shall be there, in an order that is safe at every point: no pod is
 * open while anything restores, nothing saves before something restores, and a pod that has a policy before and
 * after is never without its priority. Pure; an empty plan means that there is nothing to do.
 */
export function planProxy(observed: Observed, desired: Desired): Step[] {
  if (!observed.tables && observed.attachments.length > 0) {
    return [...detachOrphans(observed), ...planProxy({ ...observed, attachments: [] }, desired)];
  }
  const targets = resolveTargets(observed, desired);
  const onHook = (hook: Hook) => targets.filter(({ role }) => hookOf[role] === hook);
  const [pods, inside, uplinks] = [onHook('ingress'), onHook('inside'), onHook('egress')];
  const now = new Present(observed, targets, desired.via);
  return [
    ...observed.stale.map((path): Step => ({ do: 'remove-stale-pin', path })),
    ...(targets.length > 0 && !observed.tables ? [{ do: 'create-tables' } as const] : []),
    // Up: every pod is stripped, uplinks restore, pods with a policy save.
    ...pods.flatMap((target) => [...now.setPod(target), ...now.strip(target)]),
    ...uplinks.flatMap((target) => [...now.setUplink(target), ...now.attach(target)]),
    ...now.detachLoose(),
    ...inside.flatMap((target) => [...now.attach(target), ...now.detachPredecessor(target)]),
    ...pods.flatMap((target) => [...now.save(target), ...now.detachPredecessor(target)]),
    // Down, in reverse: nothing saves, nothing restores, nothing strips.
    ...now.unwanted('saver', 'gate').map((found) => now.close(found)),
    ...now.unwanted('pod_saver', 'restorer').map((found) => now.detach(found)),
    ...now.unwanted('strip', 'saver', 'gate').map((found) => now.detach({ ...found, role: 'strip' })),
    ...now.forgetPods(),
    ...now.forgetUplinks(),
    ...targets.flatMap((target) => now.moveFirst(target)),
    ...(targets.length === 0 && (observed.tables || observed.stale.length > 0)
      ? [{ do: 'remove-tables' } as const]
      : []),
  ];
}

/** Programs whose tables have lost their pins cannot be told anything: they go, restorers first. */
function detachOrphans(observed: Observed): Step[] {
  const now = new Present(observed, [], 'tcx');
  return [...now.unwanted('restorer'), ...now.unwanted('pod_saver', 'saver', 'gate', 'strip')].map((found) =>
    now.detach(found),
  );
}

const LOOSE_ORDER: readonly Role[] = ['saver', 'gate', 'pod_saver', 'restorer', 'strip'];

interface Target {
  ifindex: number;
  name: string;
  role: Role;
  netns?: string;
  policy?: Policy;
  uplink?: Omit<ObservedUplink, 'ifindex'>;
}

/** Which role each interface shall have. Where anything restores, a pod without a policy is stripped. */
function resolveTargets(
  { interfaces, attachments }: Observed,
  { pods, uplinks, left = [] }: Desired,
): Target[] {
  const named = [
    ...pods.flatMap(({ name, policy, mode, netns }): Target[] => {
      const link = find(interfaces, name);
      const host: Target = { ...link, role: podRole[mode], policy };
      const inside: Target = { ...link, role: 'pod_saver', ...(netns !== undefined && { netns }) };
      return mode === 'pod' ? [host, inside] : [host];
    }),
    ...uplinks.map(
      ({ name, clock, stacked }): Target => ({
        ...find(interfaces, name),
        role: 'restorer',
        uplink: { clock, stacked },
      }),
    ),
  ];
  const taken = new Set(named.map(({ ifindex }) => ifindex));
  const isLeft = ({ ifindex, name }: Interface) =>
    left.includes(name) && !attachments.some((found) => found.ifindex === ifindex);
  const others = interfaces.filter(
    (link) => uplinks.length > 0 && link.podSide && !taken.has(link.ifindex) && !isLeft(link),
  );
  return [
    ...named,
    ...others.map(({ ifindex, name }): Target => ({ ifindex, name, role: 'strip', policy: NO_POLICY })),
  ];
}

function find(interfaces: readonly Interface[], name: string): { ifindex: number; name: string } {
  const link = interfaces.find((candidate) => candidate.name === name);
  if (!link) {
    throw new TsnctlError('NO_INTERFACE', `there is no interface ${name}`, {
      hint: 'ip link, which lists them',
    });
  }
  return { ifindex: link.ifindex, name };
}

/** What is there, asked one question at a time; each answers with no step where all is as wanted. */
class Present {
  readonly #observed: Observed;
  readonly #targets: readonly Target[];
  readonly #via: Via;

  constructor(observed: Observed, targets: readonly Target[], via: Via) {
    this.#observed = observed;
    this.#targets = targets;
    this.#via = via;
  }

  attach(target: Target, role: Role = target.role): Step[] {
    const { ifindex, name, netns } = target;
    if (this.#attachment(target)) return [];
    return [{ do: 'attach', role, via: this.#via, ifindex, name, ...(netns !== undefined && { netns }) }];
  }

  /** A new pod is stripped before anything else. One that changes its hook is guarded there. */
  strip(target: Target): Step[] {
    return this.#needsStrip(target) ? this.attach(target, 'strip') : [];
  }

  /** A new pod is stripped by now; one that was there has what it had. */
  save(target: Target): Step[] {
    const { ifindex, name, role } = target;
    const found = this.#attachment(target);
    if (!found && !this.#needsStrip(target)) return this.attach(target);
    const from = found?.role ?? 'strip';
    return from === role ? [] : [{ do: 'switch', from, to: role, via: this.#via, ifindex, name }];
  }

  /** What carried for this pod on the other hook: at once, because two in a row know no launch time. */
  detachPredecessor(target: Target): Step[] {
    const found = this.#predecessor(target);
    return found ? [this.detach(found)] : [];
  }

  /** From now on nothing of this pod is saved. */
  close({ ifindex, role, via }: Attachment): Step {
    return { do: 'switch', from: role, to: 'strip', via, ifindex, name: this.#name(ifindex) };
  }

  detach({ ifindex, role, via }: Attachment): Step {
    return { do: 'detach', role, via, ifindex, name: this.#name(ifindex) };
  }

  /** Behind those that are there by now, and as these go: nothing saves, nothing restores, nothing strips. */
  detachLoose(): Step[] {
    const { loose = [] } = this.#observed;
    return LOOSE_ORDER.flatMap((role) =>
      loose
        .filter((link) => link.role === role)
        .map(({ ifindex, linkId }) => ({
          do: 'detach-loose',
          role,
          ifindex,
          name: this.#name(ifindex),
          linkId,
        })),
    );
  }

  setPod({ ifindex, name, policy }: Target): Step[] {
    const former = this.#observed.pods.find((pod) => pod.ifindex === ifindex)?.policy;
    if (!policy || (former && samePolicy(former, policy))) return [];
    return [{ do: 'set-pod', ifindex, name, policy, former }];
  }

  setUplink({ ifindex, name, uplink }: Target): Step[] {
    const found = this.#observed.uplinks.find((other) => other.ifindex === ifindex);
    if (!uplink || (found?.clock === uplink.clock && found.stacked === uplink.stacked)) return [];
    return [{ do: 'set-uplink', ifindex, name, uplink, former: found && settings(found) }];
  }

  moveFirst(target: Target): Step[] {
    const { ifindex, name, role } = target;
    const found = this.#attachment(target);
    return found?.first === false ? [{ do: 'move-first', role, via: found.via, ifindex, name }] : [];
  }

  /** Attachments of these roles that no target accounts for, or that are attached the other way. */
  unwanted(...roles: Role[]): Attachment[] {
    return this.#observed.attachments.filter((found) => {
      const target = this.#target(found.ifindex, hookOf[found.role]);
      const wanted = target && (found.via === this.#via || found === this.#predecessor(target));
      return roles.includes(found.role) && !wanted;
    });
  }

  forgetPods(): Step[] {
    return this.#observed.pods
      .filter(({ ifindex }) => !this.#target(ifindex, 'ingress'))
      .map(({ ifindex, policy }) => ({
        do: 'set-pod',
        ifindex,
        name: this.#name(ifindex),
        policy: undefined,
        former: policy,
      }));
  }

  forgetUplinks(): Step[] {
    return this.#observed.uplinks
      .filter(({ ifindex }) => !this.#target(ifindex, 'egress'))
      .map((found) => ({
        do: 'set-uplink',
        ifindex: found.ifindex,
        name: this.#name(found.ifindex),
        uplink: undefined,
        former: settings(found),
      }));
  }

  /** Of an interface that is known by its index only. */
  #name(ifindex: number): string {
    return this.#observed.interfaces.find((link) => link.ifindex === ifindex)?.name ?? `if${ifindex}`;
  }

  #attachment({ ifindex, role }: Target): Attachment | undefined {
    return this.#on(ifindex, hookOf[role]).find(({ via }) => via === this.#via);
  }

  /** What carries for a pod on the other hook until its successor does. */
  #predecessor({ ifindex, role }: Target): Attachment | undefined {
    if (role === 'strip' || role === 'restorer') return undefined;
    return this.#on(ifindex, hookOf[role]).find((found) => found.via !== this.#via && found.role !== 'strip');
  }

  /**
   * Where a predecessor guards a pod, strip would only take away words: behind it those that it makes, ahead of
   * a gate those that the gate reads. Ahead of a saver it does no harm, and is exchanged sooner than a link is made.
   */
  #needsStrip(target: Target): boolean {
    const predecessor = this.#predecessor(target);
    const savers = predecessor?.role === 'saver' && target.role === 'saver';
    return predecessor === undefined || (savers && this.#via === 'tcx');
  }

  #on(ifindex: number, hook: Hook): Attachment[] {
    return this.#observed.attachments.filter(
      (found) => found.ifindex === ifindex && hookOf[found.role] === hook,
    );
  }

  #target(ifindex: number, hook: Hook): Target | undefined {
    return this.#targets.find((target) => target.ifindex === ifindex && hookOf[target.role] === hook);
  }
}

function settings({ clock, stacked }: ObservedUplink): Omit<ObservedUplink, 'ifindex'> {
  return { clock, stacked };
}
