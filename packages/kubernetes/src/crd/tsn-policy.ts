import * as z from 'zod';
import { API_VERSION } from '../names.ts';
import type { CustomResource } from './custom-resource.ts';
import {
  conditions,
  horizon,
  labelSelector,
  objectMeta,
  observedGeneration,
  priority,
  setOf,
  TWICE,
  withRules,
} from './fields.ts';
import { readOnce } from './read-once.ts';

const remapping = z.strictObject({
  from: priority.meta({ description: 'the priority that a pod asks for, by SO_PRIORITY' }),
  to: priority.meta({ description: 'the priority that is sent instead; one of `priorities`' }),
});

const launchTime = z.strictObject({
  horizon: horizon
    .default('10s')
    .meta({ description: 'how far ahead launch times (SO_TXTIME) may lie: 500us, 20ms, 10s' }),
});

const tsnPolicySpec = withRules(
  z.strictObject({
    namespaceSelector: labelSelector.meta({
      description:
        'namespaces whose pods may ask; {} for all. By name: matchLabels kubernetes.io/metadata.name',
    }),
    podSelector: labelSelector
      .optional()
      .meta({ description: 'pods that may ask; all of these namespaces without it' }),
    priorities: setOf(priority, { min: 1, max: 15 }).meta({
      description: 'priorities that are granted to those who ask by the annotation tsnctl.dev/priorities',
    }),
    remap: z
      .array(remapping)
      .max(15)
      .refine((all) => new Set(all.map(({ from }) => from)).size === all.length, { error: TWICE })
      .optional()
      .meta({
        description: 'priorities that are sent as others',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['from'],
      }),
    clamp: z
      .boolean()
      .optional()
      .meta({ description: 'send what is not granted as the highest granted priority below it, not as 0' }),
    launchTime: launchTime
      .optional()
      .meta({ description: 'grants launch times; without it none reaches the NIC' }),
  }),
  {
    rule: '!has(self.remap) || self.remap.all(r, r.to in self.priorities)',
    message: 'a priority can be remapped only to one of spec.priorities',
    fieldPath: '.remap',
    holds: ({ priorities, remap = [] }) => remap.every(({ to }) => priorities.includes(to)),
  },
  {
    rule: '!has(self.remap) || self.remap.all(r, !(r.from in self.priorities))',
    message: 'a priority is either granted or remapped, not both',
    fieldPath: '.remap',
    holds: ({ priorities, remap = [] }) => !remap.some(({ from }) => priorities.includes(from)),
  },
);

// Loose: an agent of another version may write more.
const tsnPolicyStatus = z.looseObject({
  observedGeneration,
  conditions: conditions.optional(),
});

export const tsnPolicy = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('TsnPolicy'),
  metadata: objectMeta,
  spec: tsnPolicySpec,
  status: tsnPolicyStatus.optional(),
});

/** Which pods may use which priorities and launch times. An annotation asks, a TsnPolicy grants. */
export type TsnPolicy = z.infer<typeof tsnPolicy>;

export const readPolicy = readOnce(tsnPolicy);

export const tsnPolicyResource: CustomResource = {
  kind: 'TsnPolicy',
  plural: 'tsnpolicies',
  shortNames: ['tsnpol'],
  description:
    'TsnPolicy grants pods priorities and launch times on the NICs of the nodes that they run on. A pod asks for them by annotations; without a grant it sends priority 0. Of several that select a pod, what all of them grant together is granted.',
  spec: tsnPolicySpec,
  status: tsnPolicyStatus,
  columns: [
    { name: 'Priorities', type: 'string', jsonPath: '.spec.priorities' },
    { name: 'Horizon', type: 'string', jsonPath: '.spec.launchTime.horizon' },
    { name: 'Accepted', type: 'string', jsonPath: '.status.conditions[?(@.type=="Accepted")].status' },
    {
      name: 'Reason',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Accepted")].reason',
      priority: 1,
    },
    { name: 'Overlaps', type: 'string', jsonPath: '.status.conditions[?(@.type=="Overlaps")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
};
