import { filterPriorities, type Hook, hookOf, type Role, type Step, type Via } from './model.ts';
import { describePolicy } from './policy.ts';

/** What a step does, for people, and the command that would do the same. */
export function describeStep(step: Step): { text: string; equivalent: string } {
  switch (step.do) {
    case 'create-tables':
      return {
        text: 'load the programs and pin their tables',
        equivalent: 'bpftool prog loadall saver.bpf.o ... pinmaps /sys/fs/bpf/tsnctl/v1/maps',
      };
    case 'remove-tables':
      return { text: 'remove the tables', equivalent: 'rm /sys/fs/bpf/tsnctl/v1/maps/...' };
    case 'attach':
      return {
        text: `attach ${step.role} to ${place(step)}, ${order(step)}`,
        equivalent: attachCommand[step.via](step),
      };
    case 'detach':
      return { text: `detach ${step.role} from ${place(step)}`, equivalent: detachCommand[step.via](step) };
    case 'switch':
      return {
        text: `switch ${step.name} from ${step.from} to ${step.to}, atomically`,
        equivalent: switchCommand[step.via]({ role: step.to, name: step.name }),
      };
    case 'move-first':
      return {
        text: `move ${step.role} to the front of ${place(step)}`,
        equivalent: moveCommand[step.via],
      };
    case 'set-pod':
      return step.policy
        ? {
            text: `${step.name} may send: ${describePolicy(step.policy)}`,
            equivalent: 'bpftool map update ... pods',
          }
        : { text: `forget ${step.name}`, equivalent: 'bpftool map update ... pods' };
    case 'set-uplink':
      return step.uplink
        ? {
            text: `${step.name} wants launch times: ${step.uplink.stacked ? 'left to the device below' : step.uplink.clock}`,
            equivalent: 'bpftool map update ... uplinks',
          }
        : { text: `forget ${step.name}`, equivalent: 'bpftool map update ... uplinks' };
    case 'remove-stale-pin':
      return { text: `remove the remains at ${step.path}`, equivalent: `rm ${step.path}` };
    case 'detach-loose':
      return {
        text: `detach a ${step.role} from ${place(step)} that no pin holds`,
        equivalent: `bpftool link detach id ${step.linkId}`,
      };
  }
}

interface Placed {
  role: Role;
  name: string;
}

function place({ role, name }: Placed): string {
  const hook = hookOf[role];
  return hook === 'inside' ? `the pod's own end of ${name}` : `${name} ${hook}`;
}

/** Inside the pod, where it sees what all others have set, it is the last. */
function order({ role, via }: Placed & { via: Via }): string {
  const position = hookOf[role] === 'inside' ? 'last' : 'first';
  return via === 'tcx' ? `${position} in order` : `${position} of the filters`;
}

const side: Record<Hook, 'ingress' | 'egress'> = { ingress: 'ingress', egress: 'egress', inside: 'egress' };

/** The pod's own end has another name, in another namespace. */
function device({ role, name }: Placed): string {
  return hookOf[role] === 'inside' ? "POD'S-END" : name;
}

const attachCommand: Record<Via, (placed: Placed) => string> = {
  tcx: (placed) =>
    `bpftool net attach tcx_${side[hookOf[placed.role]]} pinned .../${placed.role} dev ${device(placed)}`,
  clsact: (placed) => `tc filter add ${filter(placed)} bpf da pinned .../${placed.role}`,
};

const switchCommand: Record<Via, (placed: Placed) => string> = {
  tcx: () => 'BPF_LINK_UPDATE',
  clsact: (placed) => `tc filter replace ${filter(placed)} handle 1 bpf da pinned .../${placed.role}`,
};

const moveCommand: Record<Via, string> = {
  tcx: 'a new link with BPF_F_BEFORE, then the old one removed',
  clsact: 'a new filter of the same priority, then the old one removed',
};

const detachCommand: Record<Via, (placed: Placed) => string> = {
  tcx: (placed) => `bpftool net detach tcx_${side[hookOf[placed.role]]} dev ${device(placed)}`,
  clsact: (placed) => `tc filter del ${filter(placed)}`,
};

function filter(placed: Placed): string {
  const hook = hookOf[placed.role];
  return `dev ${device(placed)} ${side[hook]} prio ${filterPriorities[hook]}`;
}
