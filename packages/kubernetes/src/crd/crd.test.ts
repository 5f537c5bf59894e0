import { checkCustom, checkPublished, checkStructural } from '@tsnctl/testkit/api-server';
import { describe, expect, it } from 'vitest';
import { customResourceDefinition } from './custom-resource.ts';
import { resources } from './resources.ts';
import { tsnInterface } from './tsn-interface.ts';
import { type TsnPolicy, tsnPolicy } from './tsn-policy.ts';

type Schema = { [key: string]: unknown };
const schemas = Object.fromEntries(
  resources.map((resource) => {
    const { spec } = customResourceDefinition(resource) as {
      spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
    };
    return [resource.kind, spec.versions[0]?.schema.openAPIV3Schema ?? {}];
  }),
);

describe.each(resources.map((resource) => [resource.kind, resource] as const))('%s', (kind, resource) => {
  it('is a definition as the published schema has it', () => {
    expect(checkPublished(customResourceDefinition(resource))).toEqual([]);
  });

  it('has a structural schema', () => expect(checkStructural(schemas[kind] ?? {})).toEqual([]));

  it('says of each field what it is, for kubectl explain', () => {
    const { apiVersion: _, kind: __, metadata: ___, ...own } = (schemas[kind]?.properties ?? {}) as Schema;
    expect(undescribed({ properties: own })).toEqual([]);
  });

  it('shows columns of fields that it has', () => {
    for (const { jsonPath } of resource.columns) {
      const path = jsonPath
        .replaceAll(/\[[^\]]*\]/g, '.[]')
        .split('.')
        .filter(Boolean);
      if (path[0] === 'metadata') continue;
      expect(at(schemas[kind], path), jsonPath).toBeDefined();
    }
  });
});

function undescribed(schema: Schema, path = ''): string[] {
  const fields = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const inner = fields.flatMap(([name, field]) => [
    ...(field.description ? [] : [`${path}.${name}`]),
    ...undescribed(field, `${path}.${name}`),
  ]);
  return schema.items ? [...inner, ...undescribed(schema.items as Schema, `${path}[]`)] : inner;
}

function at(schema: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return schema;
  const {
    properties,
    items,
    'x-kubernetes-preserve-unknown-fields': open,
  } = schema as Record<string, Schema>;
  if (open) return true;
  const inner = key === '[]' ? items : properties?.[key];
  return inner && at(inner, rest);
}

it('a rule that is none for the types of its schema is told', () => {
  const properties = {
    open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    at: { type: 'string', format: 'date-time', maxLength: 32 },
    sizes: { type: 'object', additionalProperties: { type: 'integer' }, maxProperties: 3 },
  };
  const told = (rule: string) =>
    checkStructural({ type: 'object', properties, 'x-kubernetes-validations': [{ rule }] }).map(
      ({ message }) => message,
    );
  expect(told("self.sizes['a'] > 3 && self.at < timestamp('2030-01-01T00:00:00Z')")).toEqual([]);
  expect(told("'dev' in self.open")).toEqual([
    expect.stringMatching(/^compilation failed: 'dev' in self.open: no such overload: string in /),
  ]);
  expect(told('self.nosuch == 1')).toEqual(['compilation failed: self.nosuch == 1: No such key: nosuch']);
  expect(told("self.at == 'now'")).toEqual([expect.stringContaining('no such overload')]);
  expect(told('self.at')).toEqual([
    'compilation failed: self.at: it is a google.protobuf.Timestamp, not a bool',
  ]);
});

it('what is no structural schema is told', () => {
  const told = checkStructural({
    type: 'object',
    properties: {
      a: { $ref: '#/x' },
      b: { type: 'object', properties: {}, additionalProperties: { type: 'string' } },
      c: { type: 'array' },
      d: { type: 'array', items: { type: 'object', properties: {} }, 'x-kubernetes-list-type': 'map' },
      e: { type: 'array', items: { type: 'string' }, 'x-kubernetes-validations': [{ rule: 'true' }] },
    },
  });
  expect(told.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'a: $ref is no field of a structural schema',
    'a: type is undefined',
    'b: properties and additionalProperties exclude each other',
    'c: an array needs items',
    'd: x-kubernetes-list-type: map needs x-kubernetes-list-map-keys',
    'e: a list below rules needs maxItems',
    'e[]: a text below rules needs maxLength',
  ]);
});

const policy = (spec: object) => ({
  apiVersion: 'tsnctl.dev/v1alpha1',
  kind: 'TsnPolicy',
  metadata: { name: 'cameras' },
  spec: { namespaceSelector: {}, priorities: [3], ...spec },
});
const nic = (spec: object) => ({
  apiVersion: 'tsnctl.dev/v1alpha1',
  kind: 'TsnInterface',
  metadata: { name: 'line' },
  spec: { nodeSelector: {}, match: { name: 'eth1' }, clock: 'auto', ...spec },
});

const refused: readonly [string, ReturnType<typeof policy | typeof nic>, string][] = [
  [
    'a priority out of range',
    policy({ priorities: [3, 16] }),
    'spec.priorities[1]: Invalid value: 16: spec.priorities[1] in body should be less than or equal to 15',
  ],
  [
    'priority 0, which is always granted',
    policy({ priorities: [0] }),
    'spec.priorities[0]: Invalid value: 0: spec.priorities[0] in body should be greater than or equal to 1',
  ],
  ['the same priority twice', policy({ priorities: [3, 3] }), 'spec.priorities[1]: Duplicate value: 3'],
  [
    'no priority at all',
    policy({ priorities: [] }),
    'spec.priorities: Invalid value: 0: spec.priorities in body should have at least 1 items',
  ],
  ['a field that there is not', policy({ priority: 3 }), 'spec.priority: unknown field'],
  [
    'a remapping to what is not granted',
    policy({ remap: [{ from: 6, to: 5 }] }),
    'spec.remap: Invalid value: a priority can be remapped only to one of spec.priorities',
  ],
  [
    'a remapping of what is granted',
    policy({ priorities: [3, 6], remap: [{ from: 6, to: 3 }] }),
    'spec.remap: Invalid value: a priority is either granted or remapped, not both',
  ],
  [
    'two remappings of one priority',
    policy({
      remap: [
        { from: 6, to: 3 },
        { from: 6, to: 3 },
      ],
    }),
    'spec.remap[1]: Duplicate value: {"from":6}',
  ],
  [
    'a horizon that is no time',
    policy({ launchTime: { horizon: 'soon' } }),
    `spec.launchTime.horizon: Invalid value: "soon": spec.launchTime.horizon in body should match '^[1-9][0-9]*(ns|us|ms|s)$'`,
  ],
  [
    'a horizon that nobody can count',
    policy({ launchTime: { horizon: '31536001s' } }),
    'spec.launchTime.horizon: Invalid value: "31536001s": a horizon is no longer than 31536000s',
  ],
  [
    'In without values',
    policy({ podSelector: { matchExpressions: [{ key: 'app', operator: 'In' }] } }),
    'spec.podSelector.matchExpressions[0]: Invalid value: In and NotIn need values',
  ],
  [
    'Exists with values',
    policy({ podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists', values: ['a'] }] } }),
    'spec.podSelector.matchExpressions[0]: Invalid value: Exists and DoesNotExist take no values',
  ],
  [
    'an interface that is not named by anything',
    nic({ match: {} }),
    'spec.match: Invalid value: one of name, driver, device, address says which interface',
  ],
  [
    'a schedule that names an interface itself',
    nic({ schedule: { dev: 'eth1', qdisc: 'fq' } }),
    'spec.schedule: Invalid value: spec.match says which interface, not dev of the schedule',
  ],
  [
    'a clock that there is not',
    nic({ clock: 'utc' }),
    'spec.clock: Unsupported value: "utc": supported values: "auto", "tai", "mono", "none"',
  ],
];

describe('the server refuses', () => {
  it.each(refused)('%s', (_, object, message) => {
    const issues = checkCustom(object, schemas[object.kind] ?? {});
    expect(issues.map(({ path, message }) => `${path}: ${message}`)).toContain(message);
  });

  it('not what is right, and each of our rules refuses something above', () => {
    const right = policy({ priorities: [3, 5], remap: [{ from: 6, to: 3 }], launchTime: { horizon: '1ms' } });
    expect(checkCustom(right, schemas.TsnPolicy ?? {})).toEqual([]);
    expect(checkCustom(nic({ schedule: { qdisc: 'fq' } }), schemas.TsnInterface ?? {})).toEqual([]);
    const rules = new Set(Object.values(schemas).flatMap(messagesOf));
    expect([...rules].toSorted()).toEqual([
      'Exists and DoesNotExist take no values',
      'In and NotIn need values',
      'a horizon is no longer than 31536000s',
      'a priority can be remapped only to one of spec.priorities',
      'a priority is either granted or remapped, not both',
      'one of name, driver, device, address says which interface',
      'spec.match says which interface, not dev of the schedule',
    ]);
  });
});

function messagesOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const rules = ((schema as Schema)['x-kubernetes-validations'] ?? []) as { message: string }[];
  return [...rules.map(({ message }) => message), ...Object.values(schema).flatMap(messagesOf)];
}

const readers = { TsnPolicy: tsnPolicy, TsnInterface: tsnInterface };

describe('an agent refuses, too, for an object may be older than its schema,', () => {
  const rules = new Set(Object.values(schemas).flatMap(messagesOf));
  it.each(refused)('%s', (_, object, message) => {
    const { error } = readers[object.kind as keyof typeof readers].safeParse(object);
    const [, path = '', said = ''] = /^(\S+): (?:Invalid value: )?(.*)$/.exec(message) ?? [];
    const issues = error?.issues ?? [];
    expect(issues).not.toEqual([]);
    if (!rules.has(said)) return; // words of the server itself
    const told = issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    expect(told).toContainEqual({ path: path.replaceAll(/\[(\d+)\]/g, '.$1'), message: said });
  });

  it('not what is right', () => {
    const right = { priorities: [3, 5], remap: [{ from: 6, to: 3 }], launchTime: {} };
    const parsed: TsnPolicy = tsnPolicy.parse(policy(right));
    expect(parsed.spec.launchTime?.horizon).toBe('10s');
    expect(tsnInterface.parse(nic({ schedule: { qdisc: 'fq' } })).spec.clock).toBe('auto');
  });
});
