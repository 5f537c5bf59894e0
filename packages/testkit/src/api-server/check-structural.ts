import { checkRuleTypes } from './check-rule-types.ts';
import { type Issue, isObject, type Json, join } from './issue.ts';

// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema

const FIELDS = new Set(
  (
    'type format description title default nullable enum minimum maximum exclusiveMinimum exclusiveMaximum multipleOf ' +
    'minLength maxLength pattern minItems maxItems uniqueItems minProperties maxProperties required items properties ' +
    'additionalProperties allOf anyOf oneOf not example externalDocs x-kubernetes-preserve-unknown-fields ' +
    'x-kubernetes-embedded-resource x-kubernetes-int-or-string x-kubernetes-list-type x-kubernetes-list-map-keys ' +
    'x-kubernetes-map-type x-kubernetes-validations'
  ).split(' '),
);
const TYPES = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean']);
const LIST_TYPES = new Set(['atomic', 'set', 'map']);

/** Why a schema is not structural, or not one that the API server takes. */
export function checkStructural(schema: Json, path = ''): Issue[] {
  const problem = (message: string): Issue => ({ path, message });
  const { type, properties, additionalProperties, items } = schema;
  const listType = schema['x-kubernetes-list-type'];
  const rules = (schema['x-kubernetes-validations'] ?? []) as Json[];
  const issues = [
    ...Object.keys(schema)
      .filter((key) => !FIELDS.has(key))
      .map((key) => problem(`${key} is no field of a structural schema`)),
    ...(TYPES.has(String(type)) || schema['x-kubernetes-int-or-string'] === true
      ? []
      : [problem(`type is ${type}`)]),
    ...(properties !== undefined && additionalProperties !== undefined
      ? [problem('properties and additionalProperties exclude each other')]
      : []),
    ...(additionalProperties === false ? [problem('additionalProperties is false')] : []),
    ...(schema.uniqueItems === true
      ? [problem('uniqueItems is forbidden; x-kubernetes-list-type: set')]
      : []),
    ...(type === 'array' && !isObject(items) ? [problem('an array needs items')] : []),
    ...(listType !== undefined && (type !== 'array' || !LIST_TYPES.has(String(listType)))
      ? [problem(`x-kubernetes-list-type: ${listType} of ${type}`)]
      : []),
    ...rules.flatMap((rule) =>
      Object.keys(rule)
        .filter((key) => !['rule', 'message', 'messageExpression', 'reason', 'fieldPath'].includes(key))
        .map((key) => problem(`x-kubernetes-validations has no ${key}`)),
    ),
    ...(isObject(items) && listType === 'map' ? checkKeys(schema, items, path) : []),
    ...(isObject(items) && listType === 'set' && items.type === 'object'
      ? [problem('a set of objects has to be atomic')]
      : []),
    ...((schema.required ?? []) as string[])
      .filter((name) => isObject(properties) && !(name in properties))
      .map((name) => problem(`requires ${name}, which it does not have`)),
    ...checkCost(schema, path),
    ...checkRuleTypes(schema, path),
  ];
  const below: [string, unknown][] = [
    ...(isObject(properties) ? Object.entries(properties) : []),
    ...(isObject(additionalProperties) ? [['*', additionalProperties] as [string, unknown]] : []),
    ...(isObject(items) ? [['[]', items] as [string, unknown]] : []),
  ];
  return [...issues, ...below.flatMap(([name, inner]) => checkStructural(inner as Json, join(path, name)))];
}

/** Keys of a list that is a map have to be there, and to be scalars. */
function checkKeys(schema: Json, items: Json, path: string): Issue[] {
  const keys = (schema['x-kubernetes-list-map-keys'] ?? []) as string[];
  if (keys.length === 0)
    return [{ path, message: 'x-kubernetes-list-type: map needs x-kubernetes-list-map-keys' }];
  const required = (items.required ?? []) as string[];
  return keys
    .filter((key) => !required.includes(key) || !isObject((items.properties as Json)?.[key]))
    .map((key) => ({ path, message: `${key} is a key of the list, and not required in its items` }));
}

/** CEL's cost is estimated by the largest that a value can be: what has rules needs bounds. */
function checkCost(schema: Json, path: string): Issue[] {
  if (schema['x-kubernetes-validations'] === undefined) return [];
  const unbounded = (inner: Json, at: string): Issue[] => {
    const here =
      inner.type === 'array' && inner.maxItems === undefined
        ? [{ path: at, message: 'a list below rules needs maxItems' }]
        : inner.type === 'string' && inner.maxLength === undefined && inner.enum === undefined
          ? [{ path: at, message: 'a text below rules needs maxLength' }]
          : [];
    const properties = isObject(inner.properties) ? Object.entries(inner.properties) : [];
    return [
      ...here,
      ...properties.flatMap(([name, it]) => unbounded(it as Json, join(at, name))),
      ...(isObject(inner.items) ? unbounded(inner.items, `${at}[]`) : []),
    ];
  };
  return unbounded(schema, path);
}
