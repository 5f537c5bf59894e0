import { directionOf, type Step } from './model.ts';
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
        text: `attach ${step.role} to ${step.name} ${directionOf[step.role]}, first in order`,
        equivalent: `bpftool net attach tcx_${directionOf[step.role]} pinned .../${step.role} dev ${step.name}`,
      };
    case 'detach':
      return {
        text: `detach ${step.role} from ${step.name} ${directionOf[step.role]}`,
        equivalent: `bpftool net detach tcx_${directionOf[step.role]} dev ${step.name}`,
      };
    case 'switch':
      return {
        text: `switch ${step.name} from ${step.from} to ${step.to}, atomically`,
        equivalent: 'BPF_LINK_UPDATE',
      };
    case 'move-first':
      return {
        text: `move ${step.role} to the front of ${step.name} ${directionOf[step.role]}`,
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
