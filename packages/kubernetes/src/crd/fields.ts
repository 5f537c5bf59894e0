import { parseDuration } from '@tsnctl/proxy';
import * as z from 'zod';

// Fields that several kinds have. Descriptions are what `kubectl explain` prints.

/** A rule in CEL that the API server checks; `message` is what whoever applies the object reads. */
export interface CelRule<Value> {
  readonly rule: string;
  readonly message: string;
  /** Where the message points, `.remap`. */
  readonly fieldPath?: string;
  /** The same in code: an object may be older than the rule. */
  readonly holds: (value: Value) => boolean;
}

/** Adds rules to a schema: for the API server, and for whoever reads what it has. */
export function withRules<T extends z.ZodType>(schema: T, ...rules: readonly CelRule<z.output<T>>[]): T {
  let checked: z.ZodType = schema;
  for (const { holds, message, fieldPath = '' } of rules) {
    const path = fieldPath.split('.').filter(Boolean);
    checked = checked.refine((value) => holds(value as z.output<T>), { error: message, path });
  }
  const told = rules.map(({ holds: _, ...rule }) => rule);
  return checked.meta({ ...schema.meta(), 'x-kubernetes-validations': told }) as T;
}

/** What `kubectl explain` says of it. */
export function described<T extends z.ZodType>(schema: T, description: string): T {
  return schema.meta({ ...schema.meta(), description }) as T;
}

export const TWICE = 'has the same item twice';

/** A list that stands for a set: twice the same is refused. */
export function setOf<T extends z.ZodType>(item: T, limits: { min?: number; max: number }) {
  return z
    .array(item)
    .min(limits.min ?? 0)
    .max(limits.max)
    .refine((items) => new Set(items).size === items.length, { error: TWICE })
    .meta({ 'x-kubernetes-list-type': 'set' });
}

export const priority = z.int().min(1).max(15);

const HORIZON = /^[1-9][0-9]*(ns|us|ms|s)$/;

/** How far ahead launch times may lie: no more than the data plane can count. */
export const horizon = withRules(
  z.string().max(20).regex(HORIZON, { error: 'is not a length of time: 500us, 20ms, 10s' }),
  {
    rule: "duration(self) <= duration('31536000s')",
    message: 'a horizon is no longer than 31536000s',
    holds: (text) => !HORIZON.test(text) || isHorizon(text),
  },
);

function isHorizon(text: string): boolean {
  try {
    return parseDuration(text) > 0n;
  } catch {
    return false;
  }
}

const requirement = z.strictObject({
  key: z.string().min(1).max(317).meta({ description: 'of a label' }),
  operator: z
    .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
    .meta({ description: 'what has to hold of the label; In and NotIn go by values' }),
  values: z.array(z.string().max(63)).max(64).optional().meta({ description: 'for In and NotIn' }),
});

/** metav1.LabelSelector. Empty: everything. */
export const labelSelector = z.strictObject({
  matchLabels: z
    .record(z.string().max(317), z.string().max(63))
    .optional()
    .meta({ description: 'labels that have to be there, with these values' }),
  matchExpressions: z
    .array(
      withRules(
        requirement,
        {
          rule: "!(self.operator in ['In', 'NotIn']) || (has(self.values) && size(self.values) > 0)",
          message: 'In and NotIn need values',
          holds: ({ operator, values = [] }) => !operator.endsWith('In') || values.length > 0,
        },
        {
          rule: "!(self.operator in ['Exists', 'DoesNotExist']) || !has(self.values) || size(self.values) == 0",
          message: 'Exists and DoesNotExist take no values',
          holds: ({ operator, values = [] }) => operator.endsWith('In') || values.length === 0,
        },
      ),
    )
    .max(32)
    .optional()
    .meta({ description: 'what has to hold of labels besides; all of it' }),
});

export type LabelSelector = z.infer<typeof labelSelector>;

/** metav1.Condition. */
export const condition = z.strictObject({
  type: described(z.string().max(316), 'what it is about'),
  status: described(z.enum(['True', 'False', 'Unknown']), 'whether it is so'),
  reason: described(z.string().min(1).max(1024), 'why, in one word'),
  message: described(z.string().max(32_768), 'why, for whoever reads it'),
  lastTransitionTime: z.iso
    .datetime()
    .meta({ format: 'date-time', description: 'when the status was last another one' }),
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'the metadata.generation that it is about' }),
});

export type Condition = z.infer<typeof condition>;

export const conditions = z
  .array(condition)
  .max(16)
  .meta({
    description: 'what is said of it, each type once',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  });

export const observedGeneration = z
  .int()
  .min(0)
  .optional()
  .meta({ description: 'the metadata.generation that the status is about' });

/** metav1.ObjectMeta, as far as we read it. What else is in it passes. */
export const objectMeta = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
