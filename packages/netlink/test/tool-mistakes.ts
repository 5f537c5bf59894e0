import type {
  BondData,
  FqOptions,
  FqStats,
  GreData,
  Link,
  MqprioOptions,
  Qdisc,
  TbfOptions,
} from '../src/index.ts';

/** A place where what ip(8) or tc(8) of iproute2 6.15 prints with -j is not what the kernel sent. */
export interface ToolMistake {
  readonly where: string;
  /** The attribute that has it right. */
  readonly attribute: string;
  readonly reply: string;
  /** What is in the tool's text. */
  readonly says: RegExp;
  readonly what: 'qdisc' | 'link';
  /** The same of what we decode, and what it is. */
  readonly truth: (it: never) => unknown;
  readonly is: unknown;
}

const of = <Options>(kind: string, it: Qdisc) => (it.kind === kind ? (it.options as Options) : undefined);

export const toolMistakes: readonly ToolMistake[] = [
  {
    where: 'mqprio has a mode and a shaper that nobody asked for and the kernel did not send',
    attribute: 'TCA_MQPRIO_MODE, TCA_MQPRIO_SHAPER',
    reply: 'reply-6.12-mqprio',
    says: /"mode":"dcb","shaper":"dcb"/,
    what: 'qdisc',
    truth: (it: Qdisc) => of<MqprioOptions>('mqprio', it)?.mode ?? it.kind,
    is: 'mqprio',
  },
  {
    where: 'fq has two fields "throttled": flows that are, and how often one was',
    attribute: 'throttled_flows and throttled in struct tc_fq_qd_stats',
    reply: 'reply-6.12-options',
    says: /"throttled":0[^}]*"throttled":0/,
    what: 'qdisc',
    truth: ({ kind, stats }: Qdisc) => {
      const app = kind === 'fq' ? (stats?.app as FqStats) : undefined;
      return app && [app.throttledFlows, app.throttled];
    },
    is: [0, 0n],
  },
  {
    where: 'fq has a space in the names of its bands and weights',
    attribute: 'TCA_FQ_PRIOMAP, TCA_FQ_WEIGHTS',
    reply: 'reply-6.12-options',
    says: /"weights ":\[600000,200000,70000\]/,
    what: 'qdisc',
    truth: (it: Qdisc) => of<FqOptions>('fq', it)?.weights,
    is: [600_000, 200_000, 70_000],
  },
  {
    where: 'tbf has a burst that is text, with the size of a cell of its table',
    attribute: 'buffer in struct tc_tbf_qopt, which is a time at the rate',
    reply: 'reply-json-qdiscs',
    says: /"burst":"4Kb\/1"/,
    what: 'qdisc',
    truth: (it: Qdisc) => of<TbfOptions>('tbf', it)?.burstBytes,
    is: 4096,
  },
  {
    where: 'tbf has two fields "mpu"; that of the peak rate hides that of the rate',
    attribute: 'rate.mpu in struct tc_tbf_qopt',
    reply: 'reply-json-qdiscs',
    says: /"mpu":0,"mtu":"1280b\/1","mpu":0/,
    what: 'qdisc',
    truth: (it: Qdisc) => of<TbfOptions>('tbf', it)?.mpuBytes,
    is: 64,
  },
  {
    where: 'gre has its key as if it were an address',
    attribute: 'IFLA_GRE_IKEY',
    reply: 'reply-6.12-links',
    says: /"ikey":"0\.0\.0\.7"/,
    what: 'link',
    truth: ({ kind, data }: Link) => (kind === 'gre' ? (data as GreData).ikey : undefined),
    is: 7,
  },
  {
    where: 'bond has no coupled_control in the ip of Debian 12, though its kernel sends it',
    attribute: 'IFLA_BOND_COUPLED_CONTROL',
    reply: 'reply-6.1-links',
    says: /^(?!.*coupled_control)/s,
    what: 'link',
    truth: ({ kind, data }: Link) => (kind === 'bond' ? (data as BondData).coupledControl : undefined),
    is: 1,
  },
];
