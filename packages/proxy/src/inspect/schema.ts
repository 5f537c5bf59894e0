import * as z from 'zod';

// The snapshot of a node is a public contract: `tsnctl inspect -o json`, docs/inspect.schema.json, and what is
// built on them. Units are in the names; what may exceed 53 bits is a decimal string.

const u64 = z.string().regex(/^\d+$/).meta({ description: '64 bits, in decimal' });
const i64 = z
  .string()
  .regex(/^-?\d+$/)
  .meta({ description: '64 bits, in decimal' });
const count = z.int().nonnegative();
const priorities = z.array(z.int().min(0).max(15));
const hook = z
  .enum(['ingress', 'egress', 'inside'])
  .meta({ description: "inside: egress of the pod's own end, in the pod's namespace" });
const via = z.enum(['tcx', 'clsact']);
const clock = z.enum(['none', 'mono', 'tai']);
const mode = z.enum(['host', 'pod']);

const programSchema = z.strictObject({
  order: count.meta({ description: 'place on the hook, 1 runs first; tcx programs come before all filters' }),
  via,
  name: z
    .string()
    .meta({ description: "the program's name in the kernel, or the filter's own, or its kind" }),
  role: z.enum(['strip', 'saver', 'gate', 'pod_saver', 'restorer']).nullable(),
  owner: z.enum(['tsnctl', 'other']),
  programId: count.nullable(),
  tag: z.string().nullable().meta({ description: 'hash of the instructions, as bpftool shows it' }),
  linkId: count.nullable().meta({ description: 'null: a filter, or attached without a link' }),
  pin: z.string().nullable(),
  filter: z
    .strictObject({ kind: z.string(), name: z.string().nullable(), priority: count, handle: count })
    .nullable(),
});

const hookSchema = z.strictObject({
  interface: z.string().meta({ description: 'the host side, also of what is inside a pod' }),
  ifindex: count,
  hook,
  programs: z.array(programSchema),
});

const policySchema = z.strictObject({
  allow: priorities,
  remap: z.record(z.string(), z.int()).meta({ description: 'priority asked for: priority sent' }),
  horizonNs: u64.meta({ description: 'launch times up to this far ahead; 0: none' }),
});

const counters = z
  .record(z.string(), u64)
  .meta({ description: 'packets by outcome, since the interface was attached; docs/how-it-works.md' });

const byPriority = z
  .array(u64)
  .length(16)
  .meta({ description: 'packets of each priority as sent, 0 to 15; 0: a launch time alone' });

const podSchema = z.strictObject({
  pod: z.string().nullable().meta({ description: 'namespace/name, as the runtime told the CNI plugin' }),
  containerId: z.string().nullable(),
  network: z.string().nullable(),
  podInterface: z.string().nullable(),
  interface: z.string().nullable().meta({ description: 'the host side; null where no border is crossed' }),
  ifindex: count.nullable(),
  kind: z.string().nullable(),
  carriedBy: z
    .enum(['programs', 'itself', 'nothing'])
    .meta({ description: 'itself: no border on the way; nothing: a kind that cannot be carried' }),
  state: z.enum(['carried', 'stripped', 'unguarded', 'untouched', 'native', 'unsupported', 'gone', 'unseen']),
  mode: mode.nullable(),
  policy: policySchema.nullable().meta({ description: 'in force' }),
  wantedPolicy: policySchema.nullable().meta({ description: 'recorded by the agent' }),
  withheld: z.array(z.string()).meta({ description: 'asked for by the pod, and not granted' }),
  counters: counters.nullable(),
  savedByPriority: byPriority.nullable(),
});

const tcStats = z.strictObject({
  bytes: u64,
  packets: u64,
  drops: count,
  overlimits: count,
  requeues: count,
  backlogBytes: count,
  backlogPackets: count,
});

const qdiscSchema = z.strictObject({
  handle: z.string(),
  parent: z.string(),
  kind: z.string(),
  options: z.string().meta({ description: 'as tc writes them' }),
  clock: clock.meta({ description: 'in which it reads launch times; none: it reads none' }),
  offloaded: z.boolean(),
  stats: tcStats.nullable(),
});

const classSchema = z.strictObject({
  id: z.string(),
  qdisc: z.string().meta({ description: 'handle of the qdisc that it belongs to' }),
  kind: z.string(),
  txQueue: count.nullable(),
  priorities: priorities.nullable().meta({ description: 'null: something else than the priority decides' }),
  stats: tcStats.nullable(),
});

const gates = z.strictObject({
  baseTimeNs: i64.nullable(),
  cycleTimeNs: i64.nullable(),
  cycleTimeExtensionNs: i64.nullable(),
  entries: z.array(
    z.strictObject({
      command: z.string().meta({ description: 'S sets the gates; H and R hold and release preemption' }),
      openClasses: z.array(count).meta({ description: 'traffic classes whose gates are open' }),
      intervalNs: count,
    }),
  ),
});

const scheduleSchema = z.strictObject({
  qdisc: z.string(),
  clock: z.string().nullable().meta({ description: "null: the NIC's own" }),
  mode: z.enum(['software', 'txtime-assist', 'full-offload']),
  classes: z.array(z.strictObject({ class: count, priorities, maxSduBytes: count.nullable() })),
  inForce: gates.nullable(),
  toCome: gates.nullable(),
});

const uplinkSchema = z.strictObject({
  interface: z.string(),
  ifindex: count,
  kind: z.string().nullable(),
  up: z.boolean(),
  mtu: count,
  txQueues: count,
  attached: z.boolean().nullable().meta({ description: 'null: could not be seen' }),
  why: z.string().nullable().meta({ description: 'why it is taken for an uplink, where it is not attached' }),
  clock: clock.nullable().meta({ description: 'in which the restorer gives launch times' }),
  stacked: z.boolean().nullable().meta({ description: 'launch times are left to the device below' }),
  counters: counters.nullable(),
  restoredByPriority: byPriority.nullable(),
  qdiscs: z.array(qdiscSchema),
  classes: z.array(classSchema),
  schedule: scheduleSchema.nullable(),
});

const driftSchema = z.strictObject({
  code: z.enum([
    'missing',
    'not-first',
    'wrong-program',
    'unwanted',
    'unguarded',
    'policy',
    'clock',
    'qdisc',
    'unrestored',
    'gone',
    'tables',
    'foreign-pin',
  ]),
  interface: z.string().nullable(),
  hook: hook.nullable(),
  message: z.string().meta({ description: 'what is not as wanted' }),
  cause: z.string(),
  mend: z.string(),
});

const unseenSchema = z.strictObject({ what: z.string(), why: z.string(), mend: z.string() });

export const nodeSnapshotSchema = z
  .strictObject({
    apiVersion: z.literal('tsnctl.dev/v1alpha1'),
    kind: z.literal('NodeSnapshot'),
    observedAt: z.iso.datetime(),
    kernel: z.string(),
    netns: z.strictObject({ name: z.string().nullable(), cookie: u64 }),
    via: via.nullable().meta({ description: 'how our programs are attached; null where none is' }),
    hooks: z
      .array(hookSchema)
      .meta({ description: 'hooks with programs, ours and those of others, in order' }),
    pods: z.array(podSchema),
    uplinks: z.array(uplinkSchema),
    drift: z.array(driftSchema).meta({ description: 'empty: all is as wanted, as far as it could be seen' }),
    unseen: z.array(unseenSchema),
  })
  .meta({
    title: 'NodeSnapshot',
    description: 'What tsnctl inspect -o json prints. Numbers of 64 bits are decimal strings.',
  });

export type NodeSnapshot = z.infer<typeof nodeSnapshotSchema>;
export type HookSnapshot = z.infer<typeof hookSchema>;
export type ProgramSnapshot = z.infer<typeof programSchema>;
export type PodSnapshot = z.infer<typeof podSchema>;
export type PolicySnapshot = z.infer<typeof policySchema>;
export type UplinkSnapshot = z.infer<typeof uplinkSchema>;
export type QdiscSnapshot = z.infer<typeof qdiscSchema>;
export type ClassSnapshot = z.infer<typeof classSchema>;
export type ScheduleSnapshot = z.infer<typeof scheduleSchema>;
export type GatesSnapshot = NonNullable<ScheduleSnapshot['inForce']>;
export type Drift = z.infer<typeof driftSchema>;
export type Unseen = z.infer<typeof unseenSchema>;
