import * as z from 'zod';
import { API_VERSION } from '../names.ts';
import type { CustomResource } from './custom-resource.ts';
import { conditions, labelSelector, objectMeta, observedGeneration, withRules } from './fields.ts';
import { readOnce } from './read-once.ts';

/** Rules in CEL see fields that a schema names, and no others: so what is refused is named, too. */
const schedule = z.looseObject({
  dev: z.string().max(15).optional().meta({ description: 'not here: spec.match says which interface' }),
});

const glob = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\s/]+$/, { error: 'has blanks or slashes in it' });

const match = withRules(
  z.strictObject({
    name: glob.optional().meta({ description: "the interface's name; * stands for anything: enp*s0" }),
    driver: glob.optional().meta({ description: "the NIC's driver: igc, stmmaceth" }),
    device: glob.optional().meta({ description: 'its place on the bus: 0000:01:00.0' }),
    address: z
      .string()
      .max(17)
      .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, { error: 'is no hardware address: 02:00:5e:10:00:01' })
      .optional()
      .meta({ description: 'its hardware address' }),
  }),
  {
    rule: 'has(self.name) || has(self.driver) || has(self.device) || has(self.address)',
    message: 'one of name, driver, device, address says which interface',
    holds: (match) => Object.keys(match).length > 0,
  },
);

const tsnInterfaceSpec = withRules(
  z.strictObject({
    nodeSelector: labelSelector.meta({ description: 'nodes, by their labels; {} for all' }),
    match: match.meta({
      description: 'which interface of such a node; all that is given has to fit, one interface alone',
    }),
    clock: z
      .enum(['auto', 'tai', 'mono', 'none'])
      .default('auto')
      .meta({ description: 'the clock in which its qdisc takes launch times; auto: read off the qdisc' }),
    schedule: schedule.optional().meta({
      description:
        'qdiscs, classes and gates, as tsnctl tune -f takes them (docs/schedule.md), without dev. Without it the interface keeps its qdiscs',
      'x-kubernetes-preserve-unknown-fields': true,
    }),
  }),
  {
    rule: '!has(self.schedule) || !has(self.schedule.dev)',
    message: 'spec.match says which interface, not dev of the schedule',
    fieldPath: '.schedule',
    holds: ({ schedule }) => schedule?.dev === undefined,
  },
);

// Loose: an agent of another version may write more.
const tsnInterfaceStatus = z.looseObject({
  observedGeneration,
  node: z.string().max(253).optional().meta({
    description: 'which node says so: of all, one that has the worst to say',
  }),
  observedAt: z.iso
    .datetime()
    .optional()
    .meta({ format: 'date-time', description: 'when it has last said so' }),
  conditions: conditions.optional(),
});

export const tsnInterface = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('TsnInterface'),
  metadata: objectMeta,
  spec: tsnInterfaceSpec,
  status: tsnInterfaceStatus.optional(),
});

/** What NICs shall be like on which nodes. */
export type TsnInterface = z.infer<typeof tsnInterface>;

export const readInterface = readOnce(tsnInterface);

export const tsnInterfaceResource: CustomResource = {
  kind: 'TsnInterface',
  plural: 'tsninterfaces',
  shortNames: ['tsnif'],
  description:
    'TsnInterface makes an interface of each selected node an uplink, at which the metadata of pods is restored, and gives it a schedule. Its status says whether it is in force on all of its nodes, or what one of them says; what became of it on each node stands in the TsnNodeState of that node.',
  spec: tsnInterfaceSpec,
  status: tsnInterfaceStatus,
  columns: [
    { name: 'Interface', type: 'string', jsonPath: '.spec.match.name' },
    { name: 'Driver', type: 'string', jsonPath: '.spec.match.driver', priority: 1 },
    { name: 'Clock', type: 'string', jsonPath: '.spec.clock' },
    { name: 'Qdisc', type: 'string', jsonPath: '.spec.schedule.qdisc' },
    { name: 'Accepted', type: 'string', jsonPath: '.status.conditions[?(@.type=="Accepted")].status' },
    { name: 'Applied', type: 'string', jsonPath: '.status.conditions[?(@.type=="Applied")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Applied")].reason' },
    {
      name: 'Message',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Applied")].message',
      priority: 1,
    },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
};
