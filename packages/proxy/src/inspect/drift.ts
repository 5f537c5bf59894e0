import { describePod } from '../cni/record.ts';
import { hookOf, type Interface, type Observed, podRole, type Role, type Step } from '../model.ts';
import { planProxy } from '../plan.ts';
import { describePolicy } from '../policy.ts';
import { anyUplink, here, type Look, mendOf } from './mend-of.ts';
import { type NodeObservations, programLabel } from './observations.ts';
import { qdiscDrift } from './qdisc-drift.ts';
import type { Drift } from './schema.ts';
import { clockDrift, unrestoredDrift } from './uplink-drift.ts';
import { isThere, wanted } from './wanted.ts';

/**
 * Where what is found differs from what is wanted, each with its cause as far as the node shows it, and its mend.
 * What a plan would do is what differs; so this knows no rule that the plan does not have. Pure.
 */
export function findDrift(node: NodeObservations): Drift[] {
  const { observed, foreignPin } = node;
  if (foreignPin) return [foreignPinDrift(foreignPin)];
  if (!observed) return [];
  if (!observed.tables && observed.attachments.length > 0) return [tablesLost(observed, node)];
  const desired = wanted(observed, node);
  const look: Look = { node, observed, desired };
  return [
    ...planProxy(observed, desired).flatMap((step) => explain[step.do](step as never, look) ?? []),
    ...desired.uplinks.flatMap(({ name }) => clockDrift(name, look) ?? []),
    ...qdiscDrift(node),
    ...unrestoredDrift(look),
    ...goneRecords(node),
  ];
}

type StepOf<Do extends Step['do']> = Extract<Step, { do: Do }>;

/** What each step of the plan says about the node. */
const explain: { [Do in Step['do']]: (step: StepOf<Do>, look: Look) => Drift | undefined } = {
  attach: (step, look) => (step.role === 'strip' ? unguarded(step, look) : missing(step, look)),
  'move-first': notFirst,
  switch: wrongProgram,
  detach: ({ role, name }, look) => ({
    code: 'unwanted',
    ...place(name, role),
    message: `${role} is on ${name} ${hookOf[role]}, and nothing asks for it`,
    cause: 'a change was stopped half-way, or what it served was taken off by something else',
    mend: anyUplink(look),
  }),
  'set-pod': ({ name, ifindex, policy, former }, look) =>
    policy && former && look.desired.pods.some((pod) => pod.name === name)
      ? {
          code: 'policy',
          interface: name,
          hook: null,
          message: `${name} may use ${describePolicy(former)}, where ${describePolicy(policy)} is recorded`,
          cause: 'the policy was changed by hand, or the agent has not come to it',
          mend: mendOf(name, look),
        }
      : policy
        ? undefined // told with the program that is missing
        : leftover(`a policy of ${name} (interface ${ifindex}) is in the tables`, ifindex, look),
  'set-uplink': ({ name, ifindex, uplink }, look) =>
    uplink ? undefined : leftover(`${name} (interface ${ifindex}) is in the tables as uplink`, ifindex, look),
  'remove-stale-pin': ({ path }, look) => stalePin(path, look),
  'detach-loose': ({ role, name }, look) => ({
    code: 'unwanted',
    ...place(name, role),
    message: `a ${role} that no pin holds is on ${name} ${hookOf[role]}`,
    cause: 'the BPF file system was unmounted while another process still had it',
    mend: anyUplink(look),
  }),
  'create-tables': () => undefined,
  'remove-tables': (_, look) =>
    look.observed.stale.length > 0
      ? undefined
      : {
          code: 'tables',
          interface: null,
          hook: null,
          message: 'the tables are there, and nothing uses them',
          cause: 'a change was stopped half-way, or all programs were taken off by something else',
          mend: here('tsnctl detach all', look.node),
        },
};

function missing({ role, name, ifindex, via }: StepOf<'attach'>, look: Look): Drift {
  const link = look.node.pinned.find((pin) => pin.ifindex === ifindex && pin.hook === hookOf[role]);
  const { qdiscs = [] } = interfaceOf(ifindex, look) ?? {};
  const cause =
    via === 'clsact'
      ? qdiscs.includes('clsact')
        ? 'its filter was removed'
        : 'the clsact qdisc was removed, and its filters with it'
      : link
        ? `its link ${link.linkId} was detached by something else; the pin is still there`
        : 'its pin was removed, and with it the link';
  return {
    code: 'missing',
    ...place(name, role),
    message: `${role} is not on ${name} ${hookOf[role]}`,
    cause: hookOf[role] === 'inside' && !link ? `${cause}; or the pod's namespace cannot be found` : cause,
    mend: mendOf(name, look),
  };
}

function unguarded({ name, role, ifindex }: StepOf<'attach'>, look: Look): Drift {
  const pod = look.desired.pods.find((one) => one.name === name);
  if (pod) {
    return missing({ do: 'attach', name, ifindex, role: podRole[pod.mode], via: look.desired.via }, look);
  }
  const known = look.observed.pods.some((pod) => pod.ifindex === ifindex);
  return {
    code: 'unguarded',
    ...place(name, role),
    message: `${name} has no strip: what its pod makes up is believed at the uplinks`,
    cause: known
      ? 'its strip was taken off by something else'
      : 'the interface came after the last change, and no agent has followed it',
    mend: `${anyUplink(look)}; or tsnctl agent, which follows new pods`,
  };
}

/** A plan attaches strip and then switches it: that is one program missing, and was told as such. */
function wrongProgram({ from, to, name, ifindex }: StepOf<'switch'>, look: Look): Drift | undefined {
  if (!look.observed.attachments.some((found) => found.ifindex === ifindex && found.role === from)) {
    return undefined;
  }
  return {
    code: 'wrong-program',
    ...place(name, to),
    message: `${from} stands on ${name} ${hookOf[to]}, where ${to} is wanted`,
    cause:
      from === 'strip'
        ? 'a change was stopped before its last step, or the agent has not come to it'
        : 'the mode was changed, and not all of it was done',
    mend: mendOf(name, look),
  };
}

function notFirst({ role, name, ifindex }: StepOf<'move-first'>, look: Look): Drift {
  const programs =
    look.node.hooks.find((found) => found.ifindex === ifindex && found.hook === hookOf[role])?.programs ?? [];
  const ours = programs.findIndex((program) => program.programName === role && isOurs(program.linkId, look));
  const ahead = programs.slice(0, Math.max(ours, 0)).map(programLabel);
  return {
    code: 'not-first',
    ...place(name, role),
    message: `${role} is not the first on ${name} ${hookOf[role]}`,
    cause:
      ahead.length > 0
        ? `${ahead.join(', ')} was attached ahead of it, and sees the packets as the pod made them`
        : 'another program was attached ahead of it',
    mend: mendOf(name, look),
  };
}

function isOurs(linkId: number | undefined, { node }: Look): boolean {
  return linkId === undefined || node.pinned.some((pin) => pin.linkId === linkId);
}

function stalePin(path: string, look: Look): Drift | undefined {
  const link = look.node.pinned.find((pin) => pin.path === path);
  const there = link && interfaceOf(link.ifindex, look);
  if (there) return undefined; // told with the program that is missing
  return {
    code: 'gone',
    interface: link ? `if${link.ifindex}` : null,
    hook: link?.hook ?? null,
    message: `the pin ${path} is left over`,
    cause: !link
      ? 'a change was stopped half-way'
      : link.target === 0
        ? 'the interface is gone; its pod has ended'
        : 'the interface was moved to another namespace',
    mend: `${anyUplink(look)}: every change removes it, the agent within seconds`,
  };
}

function leftover(message: string, ifindex: number, look: Look): Drift | undefined {
  if (interfaceOf(ifindex, look)) return undefined;
  if (look.node.pinned.some((pin) => pin.ifindex === ifindex)) return undefined; // told with the pin
  return {
    code: 'gone',
    interface: `if${ifindex}`,
    hook: null,
    message,
    cause: 'the interface is gone',
    mend: `${anyUplink(look)}: every change removes it, the agent within seconds`,
  };
}

function goneRecords({ records, links }: NodeObservations): Drift[] {
  return records
    .filter((record) => !isThere(links, record))
    .map((record) => {
      const name = record.carried.by === 'programs' ? record.carried.name : '';
      const other = links.some((link) => link.name === name);
      return {
        code: 'gone',
        interface: name,
        hook: null,
        message: `${describePod(record)} is recorded, and its interface ${name} is not there`,
        cause: other ? 'another interface has its name now' : 'the pod has ended, and no DEL has come',
        mend: 'tsnctl agent, which drops such records when it looks',
      };
    });
}

function tablesLost({ attachments }: Observed, node: NodeObservations): Drift {
  return {
    code: 'tables',
    interface: null,
    hook: null,
    message: `${attachments.length} of our programs run without their tables`,
    cause: 'the pins of the tables were removed: they go on as they are, and cannot be told anything',
    mend: `${here('tsnctl detach all', node)}, and attach again; the agent does so by itself`,
  };
}

function foreignPinDrift({ message, hint }: { message: string; hint: string }): Drift {
  return {
    code: 'foreign-pin',
    interface: null,
    hook: null,
    message,
    cause: 'something else put it in the place of one of our pins',
    mend: hint,
  };
}

function place(name: string, role: Role): Pick<Drift, 'interface' | 'hook'> {
  return { interface: name, hook: hookOf[role] };
}

function interfaceOf(ifindex: number, { observed }: Look): Interface | undefined {
  return observed.interfaces.find((link) => link.ifindex === ifindex);
}
