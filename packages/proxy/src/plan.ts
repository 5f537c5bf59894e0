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
 * The steps from what is there to what shall be there, in an order that is safe at every point: no pod is
 * open while anything restores, and nothing saves before something restores. Pure; an empty plan means
 * that there is nothing to do.
 */
export function planProxy(observed: Observed, desired: Desired): Step[] {
  const orphans = observed.tables ? [] : observed.attachments;
  if (orphans.length > 0) {
    return [...detachOrphans(observed), ...planProxy({ ...observed, attachments: [] }, desired)];
  }
  const targets = resolveTargets(observed, desired);
  const pods = targets.filter(({ role }) => role !== 'restorer');
  const uplinks = targets.filter(({ role }) => role === 'restorer');
  const now = new Present(observed, targets);
  return [
    ...observed.stale.map((path): Step => ({ do: 'remove-stale-pin', path })),
    ...(targets.length > 0 && !observed.tables ? [{ do: 'create-tables' } as const] : []),
    // Up: every pod is stripped, uplinks restore, pods with a policy save.
    ...pods.flatMap((target) => [...now.setPod(target), ...now.attach(target, 'strip')]),
    ...uplinks.flatMap((target) => [...now.setUplink(target), ...now.attach(target, 'restorer')]),
    ...pods.flatMap((target) => now.switch(target)),
    // Down, in reverse: nothing saves, nothing restores, nothing strips.
    ...now.unwanted('saver').map((found) => now.step('switch', found, { from: 'saver', to: 'strip' })),
    ...now.unwanted('restorer').map((found) => now.step('detach', found, { role: 'restorer' })),
    ...now.unwanted('strip', 'saver').map((found) => now.step('detach', found, { role: 'strip' })),
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
  const now = new Present(observed, []);
  return [...now.unwanted('restorer'), ...now.unwanted('saver', 'strip')].map((found) =>
    now.step('detach', found, { role: found.role }),
  );
}

interface Target {
  ifindex: number;
  name: string;
  role: Role;
  policy?: Policy;
  uplink?: Omit<ObservedUplink, 'ifindex'>;
}

/** Which role each interface shall have. Where anything restores, a pod without a policy is stripped. */
function resolveTargets({ interfaces }: Observed, { pods, uplinks }: Desired): Target[] {
  const named = [
    ...pods.map(({ name, policy }): Target => ({ ...find(interfaces, name), role: 'saver', policy })),
    ...uplinks.map(
      ({ name, clock, stacked }): Target => ({
        ...find(interfaces, name),
        role: 'restorer',
        uplink: { clock, stacked },
      }),
    ),
  ];
  const taken = new Set(named.map(({ ifindex }) => ifindex));
  const others = interfaces.filter(
    ({ ifindex, podSide }) => uplinks.length > 0 && podSide && !taken.has(ifindex),
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

  constructor(observed: Observed, targets: readonly Target[]) {
    this.#observed = observed;
    this.#targets = targets;
  }

  attach({ ifindex, name, role }: Target, first: Role): Step[] {
    return this.#attachment(ifindex, role) ? [] : [{ do: 'attach', role: first, ifindex, name }];
  }

  /** A new pod is stripped by now; one that was there has what it had. */
  switch({ ifindex, name, role }: Target): Step[] {
    const from = this.#attachment(ifindex, role)?.role ?? 'strip';
    return from === role ? [] : [{ do: 'switch', from, to: role, ifindex, name }];
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

  moveFirst({ ifindex, name, role }: Target): Step[] {
    return this.#attachment(ifindex, role)?.first === false
      ? [{ do: 'move-first', role, ifindex, name }]
      : [];
  }

  /** Attachments of these roles that no target accounts for. */
  unwanted(...roles: Role[]): Attachment[] {
    return this.#observed.attachments.filter(
      ({ ifindex, role }) => roles.includes(role) && !this.#target(ifindex, role),
    );
  }

  forgetPods(): Step[] {
    return this.#observed.pods
      .filter(({ ifindex }) => !this.#target(ifindex, 'saver'))
      .map((found) => this.step('set-pod', found, { policy: undefined, former: found.policy }));
  }

  forgetUplinks(): Step[] {
    return this.#observed.uplinks
      .filter(({ ifindex }) => !this.#target(ifindex, 'restorer'))
      .map((found) => this.step('set-uplink', found, { uplink: undefined, former: settings(found) }));
  }

  /** A step on an interface that is known by its index only. */
  step<Kind extends Step['do']>(
    kind: Kind,
    { ifindex }: { ifindex: number },
    rest: Omit<Extract<Step, { do: Kind }>, 'do' | 'ifindex' | 'name'>,
  ): Step {
    const name = this.#observed.interfaces.find((link) => link.ifindex === ifindex)?.name ?? `if${ifindex}`;
    return { do: kind, ifindex, name, ...rest } as unknown as Step;
  }

  #attachment(ifindex: number, role: Role): Attachment | undefined {
    return this.#observed.attachments.find(
      (found) => found.ifindex === ifindex && sameHook(found.role, role),
    );
  }

  #target(ifindex: number, role: Role): Target | undefined {
    return this.#targets.find((target) => target.ifindex === ifindex && sameHook(target.role, role));
  }
}

/** strip and saver take turns on one hook. */
function sameHook(a: Role, b: Role): boolean {
  return directionOf[a] === directionOf[b];
}

function settings({ clock, stacked }: ObservedUplink): Omit<ObservedUplink, 'ifindex'> {
  return { clock, stacked };
}
