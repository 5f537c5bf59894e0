import type { Desired, Observed } from '../model.ts';
import { attachPodCommand, attachUplinkCommand } from './commands.ts';
import type { NodeObservations } from './observations.ts';

/** A look at a node, and what is wanted of it. */
export interface Look {
  readonly node: NodeObservations;
  readonly observed: Observed;
  readonly desired: Desired;
}

/** The command that brings about what is wanted of an interface. */
export function mendOf(name: string, look: Look): string {
  const pod = look.desired.pods.find((one) => one.name === name);
  if (pod) return here(attachPodCommand(pod), look.node);
  const uplink = look.desired.uplinks.find((one) => one.name === name);
  return uplink ? here(attachUplinkCommand(uplink), look.node) : anyUplink(look);
}

/** Any change puts right what it finds. */
export function anyUplink({ desired, node }: Look): string {
  const [uplink] = desired.uplinks;
  return here(uplink ? `tsnctl attach uplink ${uplink.name}` : 'tsnctl detach all', node);
}

/** A command as it has to be typed where this one was: another namespace is named again. */
export function here(command: string, { netns }: Pick<NodeObservations, 'netns'>): string {
  return netns.name === null ? command : `${command} --netns ${netns.name}`;
}
