import * as z from 'zod';
import { checkPolicy } from '../policy.ts';
import { policyOf } from './policy-of.ts';
import { horizon, interfaceName, interval, path, pattern, priorities, refine, remappings } from './values.ts';

/** Where the agent looks for it. */
export const CONFIG_FILE = '/etc/tsnctl/config.yaml';

const uplink = z.strictObject({
  name: interfaceName.describe('the interface by which packets leave the node'),
  clock: z
    .enum(['tai', 'mono', 'none'])
    .optional()
    .describe('the clock that its qdisc takes launch times in; without it, read off the qdisc'),
});

const match = z
  .strictObject({
    interface: pattern.optional().describe("the host side of the pod's interface"),
    netns: pattern.optional().describe("a name of the pod's network namespace, as in `ip netns`"),
    namespace: pattern.optional().describe("the pod's namespace in Kubernetes"),
    pod: pattern.optional().describe("the pod's name in Kubernetes"),
    uid: pattern.optional().describe("the pod's UID"),
    container: pattern.optional().describe('the id of a container in it; the beginning will do'),
  })
  .refine((value) => Object.keys(value).length > 0, {
    error: 'nothing is matched',
    params: { hint: 'interface: "*" for every pod; or namespace, pod, netns, uid, container' },
  });

const policy = z
  .strictObject({
    name: z.string().min(1).max(63).optional().describe('what the log calls it'),
    match: match.describe('which pods; every key that is there has to fit, `*` stands for anything'),
    allow: priorities.default([]).describe('priorities that are sent as they are asked for'),
    remap: remappings.default({}).describe('priorities that are sent as others: ASKED=SENT'),
    clamp: z
      .boolean()
      .default(false)
      .describe('send what is not allowed as the highest priority below it that is, instead of 0'),
    txtime: z.boolean().default(false).describe('grant launch times'),
    horizon: horizon.optional().describe('how far ahead these may lie; 10s without it'),
  })
  .check(
    refine(checkHorizon),
    refine((value) => checkPolicy(policyOf(value))),
  );

export const grant = z
  .strictObject({
    priorities: priorities.optional().describe('what pods may ask for'),
    txtime: z.boolean().default(false).describe('they may ask for launch times'),
    horizon: horizon.optional().describe('how far ahead these may lie; 10s without it'),
  })
  .check(refine(checkHorizon));

const chain = z.strictObject({
  directory: z
    .union([z.literal('auto'), path])
    .default('auto')
    .describe("the runtime's network configurations; `auto`: where the runtime's own configuration says"),
  grant: grant.optional().describe('what pods get that ask by annotations; nothing without it'),
  onAgentDown: z
    .enum(['auto', 'error', 'pass'])
    .optional()
    .describe('what the plugin does while the agent is away'),
  dropIns: z
    .boolean()
    .default(false)
    .describe('the runtime reads drop-ins: containerd 2.1, CRI-O 1.33 or newer'),
});

const http = z.strictObject({
  address: z.string().min(1).default('127.0.0.1').describe('an address of this node, or 0.0.0.0 for all'),
  port: z.int().min(1).max(65535).default(9410).describe('for /metrics, /healthz and /readyz'),
});

/** What the agent's configuration may say; the descriptions become docs/configuration.md. */
export const configSchema = z.strictObject({
  uplinks: z
    .array(uplink)
    .default([])
    .check(refine(checkTwice))
    .describe('where to restore; found by routes, hardware and qdiscs where none is named'),
  pods: z
    .strictObject({
      follow: z
        .boolean()
        .default(true)
        .describe("strip each new pod's interface as it appears, and give pods their `policies`"),
      mode: z
        .enum(['auto', 'host', 'pod'])
        .default('auto')
        .describe("where a pod's priority is read; `auto`: host, before kernel 6.11 pod"),
      hook: z
        .enum(['auto', 'tcx', 'clsact'])
        .default('auto')
        .describe('how programs are attached; `auto`: as they are, at first tcx, before kernel 6.6 clsact'),
    })
    .prefault({})
    .describe('how pods are treated'),
  policies: z.array(policy).default([]).describe('what pods may do; of several that match, the first holds'),
  chain: z
    .union([z.enum(['never', 'auto']), chain])
    .default('never')
    .transform((value) => (value === 'auto' ? chain.parse({}) : value))
    .describe(
      "our plugin's place in the runtime's chain: `never` leaves all CNI files alone, `auto` keeps it, and a map says how",
    ),
  http: z
    .union([z.literal('off'), z.literal(false), http])
    .prefault({})
    .transform((value) => (value === false ? 'off' : value))
    .describe('metrics and health; `off` for none'),
  log: z
    .strictObject({
      level: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('the least that is said'),
      format: z
        .enum(['auto', 'json', 'text'])
        .default('auto')
        .describe('`auto`: text on a terminal, otherwise json, a line each'),
    })
    .prefault({})
    .describe('what is said on stderr'),
  intervals: z
    .strictObject({
      check: interval(1_000).prefault('30s').describe('everything is looked at this often, whatever happens'),
      renew: interval(3_600_000)
        .prefault('24h')
        .describe('programs are loaded anew this often, for the window of their launch times'),
    })
    .prefault({})
    .describe('how often'),
  socket: path.default('/run/tsnctl/agent.sock').describe('where the CNI plugin finds the agent'),
  state: path.default('/run/tsnctl/attachments').describe('where the agent keeps its records'),
  netns: z
    .string()
    .min(1)
    .optional()
    .describe("the node's network namespace, by name or path; without it, the agent's own"),
  bpffs: path.default('/sys/fs/bpf').describe('the BPF file system'),
});

export type Config = z.output<typeof configSchema>;
export type ConfiguredPolicy = Config['policies'][number];

function checkHorizon({ txtime, horizon }: { txtime: boolean; horizon?: bigint | undefined }): void {
  if (horizon === undefined || txtime) return;
  throw Object.assign(new Error('limits launch times, which are not granted'), {
    hint: 'txtime: true beside it',
    path: ['horizon'],
  });
}

function checkTwice(uplinks: readonly { name: string }[]): void {
  const at = uplinks.findIndex(({ name }, index) => uplinks.slice(0, index).some((it) => it.name === name));
  if (at === -1) return;
  throw Object.assign(new Error(`${uplinks[at]?.name} is named twice`), {
    hint: 'each uplink once',
    path: [at, 'name'],
  });
}
