import { TsnctlError } from '@tsnctl/codec';
import { isErrno, SystemError } from '@tsnctl/linux';
import { channelsCommand } from '@tsnctl/netlink';
import { describeTuneStep } from './describe-tune.ts';
import type { Nic, TuneStep } from './model.ts';

/** What became of the steps before the one that was refused. */
export type Undone = 'nothing was done' | 'undone' | 'gone' | { readonly failed: unknown };

interface Hint {
  /** The kernel's own words. */
  readonly says: RegExp;
  readonly hint: (nic: Nic, kind: string) => string;
  /** This kernel or NIC will never do it. */
  readonly unsupported?: boolean;
}

/** net/sched/sch_*.c and drivers: what their refusals mean for a user. */
const hints: readonly Hint[] = [
  {
    says: /Specified qdisc (kind|not found)|ENOENT/i,
    hint: (_, kind) => `modprobe sch_${kind}; or a kernel with CONFIG_NET_SCH_${kind.toUpperCase()}`,
    unsupported: true,
  },
  {
    says: /Multi-queue device is required/i,
    hint: ({ name, maxTxQueues, channels }) =>
      maxTxQueues > 1
        ? channelsCommand(name, channels, maxTxQueues)
        : 'another NIC; or qdisc: etf, fq or prio, which need one queue',
    unsupported: true,
  },
  {
    says: /offload|PTP clock/i,
    hint: ({ name }) =>
      `offload: none, for software; or a NIC that can: tsnctl doctor and ethtool -i ${name} name its driver`,
    unsupported: true,
  },
  { says: /clockid/i, hint: () => 'clock: tai' },
  {
    says: /Invalid interval|interval/i,
    hint: () => 'longer gates; tsnctl tune check FILE says how long at this speed',
  },
  {
    says: /traffic mapping|num_tc|queue/i,
    hint: ({ name }) => `ethtool -l ${name} shows the queues; tsnctl tune check FILE --dev ${name}`,
  },
];

/** One sentence: what was tried, what was refused, and how things are now. */
export function refusal(nic: Nic, step: TuneStep, error: unknown, undone: Undone): TsnctlError {
  const what = describeTuneStep(step, nic.name).text;
  if (isErrno(error, 'ENODEV') || undone === 'gone') {
    return new TsnctlError(
      'NIC_GONE',
      `${what}: ${nic.name} has gone meanwhile, and its qdiscs with it: nothing is left to undo`,
      {
        hint: `the same command again when ${nic.name} is back`,
        cause: error,
      },
    );
  }
  const said = sentence(error);
  const kind = step.do === 'put-qdisc' ? step.qdisc.kind : '';
  const known = hints.find(
    ({ says }) => says.test(said) || (isErrno(error, 'ENOENT') && says.test('ENOENT')),
  );
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'FAILED';
  const own = error instanceof TsnctlError ? error.hint : undefined;
  const failed = typeof undone === 'object';
  const state = failed
    ? `and what was done before could not be undone: ${undone.failed instanceof Error ? undone.failed.message : undone.failed}`
    : `${nic.name} is as before`;
  return new TsnctlError(known?.unsupported && !failed ? 'UNSUPPORTED' : code, `${what}: ${said}; ${state}`, {
    hint: failed
      ? `tsnctl tune --undo --dev ${nic.name}`
      : (known?.hint(nic, kind) ?? own ?? 'tsnctl tune check FILE'),
    cause: error,
  });
}

/** The kernel's own words, without the command that they answer. */
function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const asked = error instanceof SystemError ? `${error.syscall}: ` : '';
  return message.startsWith(asked) ? message.slice(asked.length) : message;
}
