import * as z from 'zod';
import { API_VERSION } from '../names.ts';
import type { CustomResource } from './custom-resource.ts';
import { conditions, described, objectMeta } from './fields.ts';

// Of bounded size, whatever a node has: etcd takes 1.5 MB for an object, and all of these are rewritten now and then.
const MAX_UPLINKS = 64;
const MAX_DRIFT = 32;
const MAX_PODS = 512;

const uplink = z.strictObject({
  name: described(z.string().max(15), 'the interface'),
  driver: described(z.string().max(64).optional(), "the NIC's driver"),
  clock: described(z.enum(['tai', 'mono', 'none']), 'the clock in which launch times are restored here'),
  qdisc: described(z.string().max(64), 'its root qdisc'),
  device: z.string().max(64).optional().meta({ description: 'its place on the bus: 0000:01:00.0' }),
});

const pod = z.strictObject({
  namespace: described(z.string().max(63), "the pod's namespace"),
  name: described(z.string().max(253), "the pod's name"),
  uid: described(z.string().max(64), "the pod's uid"),
  priorities: z.string().max(128).meta({ description: 'what it may send: 3,5-6; 6=3: sent as another' }),
  horizon: z.string().max(20).optional().meta({ description: 'how far ahead its launch times may lie' }),
  policies: z.array(z.string().max(253)).max(16).meta({ description: 'the TsnPolicies that grant it' }),
  withheld: z
    .array(z.string().max(256))
    .max(16)
    .optional()
    .meta({ description: 'asked for, and not granted' }),
});

const claim = z.strictObject({
  name: z.string().max(253).meta({ description: 'the TsnInterface' }),
  interface: z.string().max(15).optional().meta({ description: 'what it matches here' }),
  conditions,
});

const drift = z.strictObject({
  code: described(z.string().max(64), 'what differs, in one word: docs/inspect.md'),
  interface: described(z.string().max(15).optional(), 'where'),
  message: described(z.string().max(1024), 'what differs'),
  cause: described(z.string().max(1024), 'what may have led to it'),
});

export const tsnNodeStateStatus = z.strictObject({
  observedAt: z.iso.datetime().meta({ format: 'date-time', description: "by the node's clock" }),
  version: z.string().max(64).meta({ description: "the agent's version" }),
  kernel: described(z.string().max(128), "the node's kernel, as uname -r has it"),
  mode: z.enum(['host', 'pod']).meta({ description: 'where the priority of pods is read' }),
  uplinks: z
    .array(uplink)
    .max(MAX_UPLINKS)
    .meta({
      description: 'interfaces at which the metadata of pods is restored',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    }),
  uplinkNames: described(
    z
      .string()
      .max(MAX_UPLINKS * 16)
      .optional(),
    'their names in one text: a column of kubectl get shows one value alone',
  ),
  interfaces: z
    .array(claim)
    .max(MAX_UPLINKS)
    .meta({
      description: 'what became of each TsnInterface that is about this node',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    }),
  podCount: z.int().min(0).meta({ description: 'pods of the node' }),
  carriedPodCount: z.int().min(0).meta({ description: 'those of them that have a policy' }),
  pods: z.array(pod).max(MAX_PODS).meta({ description: 'pods with a policy, or that asked for one' }),
  drift: z.array(drift).max(MAX_DRIFT).meta({ description: 'what is not as wanted, and why' }),
  conditions: conditions.optional(),
});

export const tsnNodeState = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('TsnNodeState'),
  metadata: objectMeta,
  status: tsnNodeStateStatus.optional(),
});

/** What a node is like. Written by its agent, by nobody else. */
export type TsnNodeState = z.infer<typeof tsnNodeState>;
export type TsnNodeStateStatus = z.infer<typeof tsnNodeStateStatus>;

export const tsnNodeStateResource: CustomResource = {
  kind: 'TsnNodeState',
  plural: 'tsnnodestates',
  shortNames: ['tsnnode'],
  description:
    'TsnNodeState says what a node is like: its uplinks, its pods with a policy, and what is not as wanted. Its name is the name of the node.',
  status: tsnNodeStateStatus,
  columns: [
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Uplinks', type: 'string', jsonPath: '.status.uplinkNames' },
    { name: 'Pods', type: 'integer', jsonPath: '.status.carriedPodCount' },
    { name: 'Mode', type: 'string', jsonPath: '.status.mode', priority: 1 },
    { name: 'Kernel', type: 'string', jsonPath: '.status.kernel', priority: 1 },
    { name: 'Version', type: 'string', jsonPath: '.status.version' },
    { name: 'Seen', type: 'date', jsonPath: '.status.observedAt' },
  ],
};
