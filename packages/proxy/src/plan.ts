import { TsnctlError } from '@tsnctl/codec';
import {
  type Attachment,
  type Desired,
  directionOf,
  type Interface,
  type Observed,
  type ObservedUplink,
  type Role,
  type Step,
} from './model.ts';
import { type Policy, samePolicy } from './policy.ts';

/** May do nothing: what a pod without a policy has. */
const NO_POLICY: Policy = { allow: [], remap: {}, horizonNs: 0n };

/**
 * The steps from what is there to what shall be there, in an order that is safe at every point: forged
 * words are stripped before anything restores, and nothing saves while nothing restores. Removal is the
 * reverse. Pure; an empty plan means that there is nothing to do.
 */
export function planProxy(observed: Observed, desired: Desired): Step[] {
  const targets = resolveTargets(observed, desired);
  const wanted = [...targets.keys()];
  const byRole = (role: Role) => wanted.filter((ifindex) => targets.get(ifindex)?.role === role);
  const node = new Comparison(observed, targets);

  return [
    ...observed.stale.map((path): Step => ({ do: 'remove-stale-pin', path })),
    ...(wanted.length > 0 && !observed.tables ? [{ do: 'create-tables' } as const] : []),
    // Up: strips, restorers, savers.
    ...byRole('strip').flatMap((ifindex) => node.attachNew(ifindex)),
    ...byRole('restorer').flatMap((ifindex) => [...node.setUplink(ifindex), ...node.attachNew(ifindex)]),
    ...byRole('saver').flatMap((ifindex) => [...node.setPod(ifindex), ...node.switchTo(ifindex, 'strip', 'saver')]),
    ...byRole('saver').flatMap((ifindex) => node.attachNew(ifindex)),
    // Down: savers, restorers, strips.
    ...byRole('strip').flatMap((ifindex) => [...node.switchTo(ifindex, 'saver', 'strip'), ...node.setPod(ifindex)]),
    ...node.detachOld('saver'),
    ...node.detachOld('restorer'),
    ...node.detachOld('strip'),
    ...node.clearOld(),
    ...wanted.flatMap((ifindex) => node.moveFirst(ifindex)),
    ...(wanted.length === 0 && observed.tables ? [{ do: 'remove-tables' } as const] : []),
  ];
}

interface Target {
  link: Interface;
  role: Role;
  policy?: Policy;
  uplink?: Omit<ObservedUplink, 'ifindex'>;
}

/** Which role each interface shall have. */
function resolveTargets(observed: Observed, desired: Desired): Map<number, Target> {
  const targets = new Map<number, Target>();
  const claim = (name: string, target: Omit<Target, 'link'>) => {
    const link = observed.interfaces.find((candidate) => candidate.name === name);
    if (!link) throw new TsnctlError('NO_INTERFACE', `there is no interface ${name}`, { hint: 'list them with: ip link' });
    targets.set(link.ifindex, { link, ...target });
  };
  for (const { name, policy } of desired.pods) claim(name, { role: 'saver', policy });
  for (const { name, clock, stacked } of desired.uplinks) claim(name, { role: 'restorer', uplink: { clock, stacked } });
  if (desired.uplinks.length > 0) {
    for (const link of observed.interfaces) {
      if (link.podSide && !targets.has(link.ifindex)) targets.set(link.ifindex, { link, role: 'strip', policy: NO_POLICY });
    }
  }
  return targets;
}

/** The single questions that the plan asks of an interface; each answers with no step where all is as wanted. */
class Comparison {
  readonly #observed: Observed;
  readonly #targets: Map<number, Target>;

  constructor(observed: Observed, targets: Map<number, Target>) {
    this.#observed = observed;
    this.#targets = targets;
  }

  attachNew(ifindex: number): Step[] {
    const target = this.#target(ifindex);
    if (this.#attachment(ifindex)) return [];
    const attach: Step = { do: 'attach', role: target.role, ifindex, name: target.link.name };
    return target.role === 'strip' ? [...this.setPod(ifindex), attach] : [attach];
  }

  switchTo(ifindex: number, from: Role, to: Role): Step[] {
    const { link } = this.#target(ifindex);
    return this.#attachment(ifindex)?.role === from ? [{ do: 'switch', from, to, ifindex, name: link.name }] : [];
  }

  setPod(ifindex: number): Step[] {
    const { link, policy } = this.#target(ifindex);
    const former = this.#observed.pods.find((pod) => pod.ifindex === ifindex)?.policy;
    if (!policy || (former && samePolicy(former, policy))) return [];
    return [{ do: 'set-pod', ifindex, name: link.name, policy, former }];
  }

  setUplink(ifindex: number): Step[] {
    const { link, uplink } = this.#target(ifindex);
    const former = this.#uplink(ifindex);
    if (!uplink || (former && former.clock === uplink.clock && former.stacked === uplink.stacked)) return [];
    return [{ do: 'set-uplink', ifindex, name: link.name, uplink, former }];
  }

  moveFirst(ifindex: number): Step[] {
    const { link, role } = this.#target(ifindex);
    const found = this.#attachment(ifindex);
    return found && !found.first ? [{ do: 'move-first', role, ifindex, name: link.name }] : [];
  }

  detachOld(role: Role): Step[] {
    return this.#observed.attachments
      .filter((found) => found.role === role && !this.#wantsHook(found))
      .map(({ ifindex }) => ({ do: 'detach', role, ifindex, name: this.#name(ifindex) }));
  }

  clearOld(): Step[] {
    return [
      ...this.#observed.pods.filter(({ ifindex }) => !this.#targets.get(ifindex)?.policy).map(
        ({ ifindex, policy }): Step => ({
          do: 'set-pod',
          ifindex,
          name: this.#name(ifindex),
          policy: undefined,
          former: policy,
        }),
      ),
      ...this.#observed.uplinks.filter(({ ifindex }) => !this.#targets.get(ifindex)?.uplink).map(
        ({ ifindex, clock, stacked }): Step => ({
          do: 'set-uplink',
          ifindex,
          name: this.#name(ifindex),
          uplink: undefined,
          former: { clock, stacked },
        }),
      ),
    ];
  }

  #target(ifindex: number): Target {
    return this.#targets.get(ifindex) as Target;
  }

  #attachment(ifindex: number): Attachment | undefined {
    const direction = directionOf[this.#target(ifindex).role];
    return this.#observed.attachments.find(
      (found) => found.ifindex === ifindex && directionOf[found.role] === direction,
    );
  }

  #wantsHook({ ifindex, role }: Attachment): boolean {
    const target = this.#targets.get(ifindex);
    return target !== undefined && directionOf[target.role] === directionOf[role];
  }

  #uplink(ifindex: number): ObservedUplink | undefined {
    return this.#observed.uplinks.find((found) => found.ifindex === ifindex);
  }

  #name(ifindex: number): string {
    return this.#observed.interfaces.find((link) => link.ifindex === ifindex)?.name ?? `if${ifindex}`;
  }
}
