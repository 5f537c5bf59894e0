import { formatHandle, TC_H_ROOT } from '@tsnctl/netlink';
import { tcCommand, tcDeleteCommand } from '@tsnctl/schedule';
import type { Interruption } from '../interruptions.ts';
import type { TuneStep } from './model.ts';

/** What a step does, for people, and the command that would do the same. */
export function describeTuneStep(step: TuneStep, dev: string): { text: string; equivalent: string } {
  switch (step.do) {
    case 'set-channels': {
      const words = Object.entries(step.counts).map(([sort, count]) => `${sort} ${count}`);
      return {
        text: `use ${words.join(', ')} queues of ${dev}`,
        equivalent: `ethtool -L ${dev} ${words.join(' ')}`,
      };
    }
    case 'delete-root':
      return { text: `remove the ${step.kind} of ${dev}`, equivalent: tcDeleteCommand(dev) };
    case 'put-qdisc': {
      const { kind, parent } = step.qdisc;
      const place = parent === TC_H_ROOT ? `root of ${dev}` : `class ${formatHandle(parent)} of ${dev}`;
      const text = step.inPlace ? `change the ${kind} at the ${place}` : `put ${kind} at the ${place}`;
      return { text, equivalent: tcCommand(step.qdisc, dev) };
    }
    case 'set-uplink-clock':
      return {
        text: `the restorer of ${dev} gives launch times in the clock of its qdisc: ${step.clock}`,
        equivalent: `tsnctl attach uplink ${dev} --clock ${step.clock}`,
      };
  }
}

/** A queue that is emptied, and a NIC that is set up anew. */
const QDISC_MS = 1;
const CHANNELS_MS = 100;

/** What these steps take from traffic, to be said before the first. */
export function tuneInterruptions(steps: readonly TuneStep[], dev: string): Interruption[] {
  const made = steps.some((step) => step.do === 'delete-root' || (step.do === 'put-qdisc' && !step.inPlace));
  const channels = steps.some((step) => step.do === 'set-channels');
  if (!made && !channels) return [];
  return [
    {
      loses: 'outgoing packets',
      aboutMs: channels ? CHANNELS_MS : QDISC_MS,
      interfaces: [dev],
      why: 'queues',
    },
  ];
}
