import { Environment } from '@marcbachmann/cel-js';
import { type Issue, isObject, type Json } from './issue.ts';

// https://kubernetes.io/docs/reference/using-api/cel/#type-system-integration

/** Why a rule in CEL is none for the types that its schema gives: the API server compiles each before it takes the schema. */
export function checkRuleTypes(schema: Json, path: string): Issue[] {
  const rules = (schema['x-kubernetes-validations'] ?? []) as { rule: string }[];
  if (rules.length === 0) return [];
  const environment = new Environment();
  const self = typeOf(schema, environment, { count: 0 });
  if (self === undefined) return [{ path, message: 'rules need a type' }];
  environment.registerVariable('self', self);
  return rules.flatMap(({ rule }): Issue[] => {
    const { valid, type, error } = environment.check(rule);
    if (valid && type === 'bool') return [];
    const why = valid ? `it is a ${type}, not a bool` : String(error?.message).split('\n')[0];
    return [{ path, message: `compilation failed: ${rule}: ${why}` }];
  });
}

/**
 * A schema as a type in CEL. An object without properties has no fields, also where it keeps what is unknown: rules
 * cannot look into that.
 */
function typeOf(schema: Json, environment: Environment, made: { count: number }): string | undefined {
  const { type, format, items, properties, additionalProperties } = schema;
  if (schema['x-kubernetes-int-or-string'] === true) return 'dyn';
  if (type === 'array') {
    const item = isObject(items) ? typeOf(items, environment, made) : undefined;
    return item && `list<${item}>`;
  }
  if (type !== 'object') return FORMATS[String(format)] ?? SCALARS[String(type)];
  if (isObject(additionalProperties)) {
    const value = typeOf(additionalProperties, environment, made);
    return value && `map<string, ${value}>`;
  }
  const fields = Object.entries((properties ?? {}) as Record<string, Json>).flatMap(([name, inner]) => {
    const known = typeOf(inner, environment, made);
    return known === undefined ? [] : [[name, known]];
  });
  const name = `Object${made.count++}`;
  environment.registerType({ name, schema: Object.fromEntries(fields) });
  return name;
}

const SCALARS: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'bool',
  integer: 'int',
  number: 'double',
};
const FORMATS: Readonly<Record<string, string>> = {
  byte: 'bytes',
  duration: 'google.protobuf.Duration',
  date: 'google.protobuf.Timestamp',
  'date-time': 'google.protobuf.Timestamp',
};
