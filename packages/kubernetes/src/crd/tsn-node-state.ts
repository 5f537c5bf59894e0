import * as z from 'zod';
import { API_VERSION } from '../names.ts';
import type { CustomResource } from './custom-resource.ts';
import { conditions, objectMeta } from './fields.ts';

// Of bounded size, whatever a node has: etcd takes 1.5 MB for an object, and all of these are rewritten now and then.
const MAX_UPLINKS = 64;
const MAX_DRIFT = 32;
const MAX_PODS = 512;

const uplink = z.strictObject({
  name: z.string().max(15),
  driver: z.string().max(64).optional(),
  clock: z.enum(['tai', 'mono', 'none']),
  qdisc: z.string().max(64),
  device: z.string().max(64).optional().meta({ description: 'its place on the bus: 0000:01:00.0' }),
});

const pod = z.strictObject({
  namespace: z.string().max(63),
  name: z.string().max(253),
  uid: z.string().max(64),
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
  code: z.string().max(64),
  interface: z.string().max(15).optional(),
  message: z.string().max(1024),
  cause: z.string().max(1024),
});

export const tsnNodeStateStatus = z.strictObject({
  observedAt: z.iso.datetime().meta({ format: 'date-time' }),
  version: z.string().max(64).meta({ description: "the agent's version" }),
  kernel: z.string().max(128),
  mode: z.enum(['host', 'pod']).meta({ description: 'where the priority of pods is read' }),
  uplinks: z
    .array(uplink)
    .max(MAX_UPLINKS)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
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
    { name: 'Uplinks', type: 'string', jsonPath: '.status.uplinks[*].name' },
    { name: 'Pods', type: 'integer', jsonPath: '.status.carriedPodCount' },
    { name: 'Mode', type: 'string', jsonPath: '.status.mode', priority: 1 },
    { name: 'Kernel', type: 'string', jsonPath: '.status.kernel', priority: 1 },
    { name: 'Version', type: 'string', jsonPath: '.status.version' },
    { name: 'Seen', type: 'date', jsonPath: '.status.observedAt' },
  ],
};
