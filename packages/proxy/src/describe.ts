import { type Hook, hookOf, type Role, type Step, type Via } from './model.ts';
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
        text: `attach ${step.role} to ${place(step)}, ${order[hookOf[step.role]]}`,
        equivalent: attachCommand[step.via](step),
      };
    case 'detach':
      return { text: `detach ${step.role} from ${place(step)}`, equivalent: detachCommand[step.via](step) };
    case 'switch':
      return {
        text: `switch ${step.name} from ${step.from} to ${step.to}, atomically`,
        equivalent: step.via === 'tcx' ? 'BPF_LINK_UPDATE' : `tc filter replace dev ${step.name} ...`,
      };
    case 'move-first':
      return {
        text: `move ${step.role} to the front of ${place(step)}`,
        equivalent: 'a new link with BPF_F_BEFORE, then the old one removed',
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

const order: Record<Hook, string> = {
  ingress: 'first in order',
  egress: 'first in order',
  inside: 'last in order',
};

const side: Record<Hook, 'ingress' | 'egress'> = { ingress: 'ingress', egress: 'egress', inside: 'egress' };

const attachCommand: Record<Via, (placed: Placed) => string> = {
  tcx: ({ role, name }) => `bpftool net attach tcx_${side[hookOf[role]]} pinned .../${role} dev ${name}`,
  clsact: ({ role, name }) =>
    `tc filter add dev ${name} ${side[hookOf[role]]} prio 1 bpf da pinned .../${role}`,
};

const detachCommand: Record<Via, (placed: Placed) => string> = {
  tcx: ({ role, name }) => `bpftool net detach tcx_${side[hookOf[role]]} dev ${name}`,
  clsact: ({ role, name }) => `tc filter del dev ${name} ${side[hookOf[role]]} prio 1`,
};
