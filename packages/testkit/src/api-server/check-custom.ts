import { Environment } from '@marcbachmann/cel-js';
import { type Issue, isObject, type Json, join } from './issue.ts';

/** An object against the schema of its CustomResourceDefinition, rules in CEL included. Defaults are filled in. */
export function checkCustom(value: unknown, schema: Json, path = ''): Issue[] {
  const issues = checkShape(value, schema, path);
  // hasBlockingErr in apiextensions-apiserver: rules are not asked about what is of another type than they expect.
  const isBlocked = issues.some(({ message }) => BLOCKING.test(message));
  return [...issues, ...(isBlocked ? [NOT_ASKED] : checkRules(value, schema, path))];
}

const BLOCKING = /^(Required value|Unsupported value|Too long|Too many|.* in body must be of type)/;
const NOT_ASKED: Issue = {
  path: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/** With the schema's defaults and without null, as the API server stores it. */
export function withDefaults(value: unknown, schema: Json): unknown {
  if (Array.isArray(value)) return value.map((item) => withDefaults(item, (schema.items ?? {}) as Json));
  if (!isObject(value)) return value;
  const properties = (schema.properties ?? {}) as Record<string, Json>;
  const filled = { ...value };
  for (const [key, inner] of Object.entries(properties)) {
    if (filled[key] === null && inner.nullable !== true) delete filled[key];
    if (filled[key] === undefined && inner.default !== undefined)
      filled[key] = structuredClone(inner.default);
    if (filled[key] !== undefined) filled[key] = withDefaults(filled[key], inner);
  }
  return filled;
}

function checkShape(value: unknown, schema: Json, path: string): Issue[] {
  const type = String(schema.type);
  const actual = typeOf(value);
  if (actual !== type && !(actual === 'integer' && type === 'number')) {
    const message = `Invalid value: ${JSON.stringify(actual)}: ${path} in body must be of type ${type}: ${JSON.stringify(actual)}`;
    return [{ path, message }];
  }
  return shapes[type]?.(value as never, schema, path) ?? [];
}

const shapes: Readonly<Record<string, (value: never, schema: Json, path: string) => Issue[]>> = {
  object(value: Json, schema, path) {
    const { properties, additionalProperties } = schema;
    const known = (properties ?? {}) as Record<string, Json>;
    const keeps = schema['x-kubernetes-preserve-unknown-fields'] === true;
    const open = properties === undefined && additionalProperties === undefined && path === 'metadata';
    const missing = ((schema.required ?? []) as string[]).filter((key) => value[key] === undefined);
    return [
      ...missing.map((key) => ({ path: join(path, key), message: 'Required value' })),
      ...Object.entries(value).flatMap(([key, item]): Issue[] => {
        const at = join(path, key);
        if (known[key]) return checkShape(item, known[key], at);
        if (isObject(additionalProperties)) return checkShape(item, additionalProperties, at);
        return keeps || open ? [] : [{ path: at, message: 'unknown field', unknown: true }];
      }),
    ];
  },
  array(value: unknown[], schema, path) {
    const items = schema.items as Json;
    return [
      ...limit(value.length, schema, 'Items', path),
      ...twice(value, schema, path),
      ...value.flatMap((item, at) => checkShape(item, items, `${path}[${at}]`)),
    ];
  },
  string(value: string, schema, path) {
    const { pattern, format } = schema;
    const isWrong = pattern !== undefined && !new RegExp(String(pattern), 'u').test(value);
    return [
      ...limit(value.length, schema, 'Length', path),
      ...oneOf(value, schema, path),
      ...(isWrong ? [invalid(path, value, `${path} in body should match '${pattern}'`)] : []),
      ...(format === 'date-time' && Number.isNaN(Date.parse(value))
        ? [invalid(path, value, `${path} in body must be of type date-time`)]
        : []),
    ];
  },
  integer: numbers,
  number: numbers,
};

function numbers(value: number, schema: Json, path: string): Issue[] {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema as {
    minimum?: number;
    maximum?: number;
  };
  if (value < minimum)
    return [invalid(path, value, `${path} in body should be greater than or equal to ${minimum}`)];
  if (value > maximum)
    return [invalid(path, value, `${path} in body should be less than or equal to ${maximum}`)];
  return oneOf(value, schema, path);
}

function oneOf(value: unknown, schema: Json, path: string): Issue[] {
  const all = schema.enum as unknown[] | undefined;
  if (all === undefined || all.includes(value)) return [];
  const supported = all.map((it) => JSON.stringify(it)).join(', ');
  return [{ path, message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}` }];
}

function limit(count: number, schema: Json, what: 'Items' | 'Length', path: string): Issue[] {
  const [least = 0, most = Number.POSITIVE_INFINITY] = [
    schema[`min${what}`],
    schema[`max${what}`],
  ] as number[];
  if (count < least) {
    const [value, should] = what === 'Items' ? [count, 'have at least'] : ['', 'be at least'];
    const noun = what === 'Items' ? 'items' : 'chars long';
    return [invalid(path, value, `${path} in body should ${should} ${least} ${noun}`)];
  }
  if (count <= most) return [];
  const message =
    what === 'Items'
      ? `Too many: ${count}: must have at most ${most} items`
      : `Too long: may not be more than ${most} bytes`;
  return [{ path, message }];
}

function twice(value: readonly unknown[], schema: Json, path: string): Issue[] {
  const keys = (schema['x-kubernetes-list-map-keys'] ?? []) as string[];
  const keyOf: Record<string, (item: unknown) => string> = {
    set: (item) => JSON.stringify(item),
    map: (item) => JSON.stringify(Object.fromEntries(keys.map((key) => [key, (item as Json)[key]]))),
  };
  const key = keyOf[String(schema['x-kubernetes-list-type'])];
  if (!key) return [];
  const all = value.map(key);
  return all.flatMap((it, at) =>
    all.indexOf(it) === at ? [] : [{ path: `${path}[${at}]`, message: `Duplicate value: ${it}` }],
  );
}

function checkRules(value: unknown, schema: Json, path: string): Issue[] {
  const rules = (schema['x-kubernetes-validations'] ?? []) as Rule[];
  const own = rules.flatMap((rule) => checkRule(rule, value, path));
  const properties = (schema.properties ?? {}) as Record<string, Json>;
  const below = isObject(value)
    ? Object.entries(value).flatMap(([key, item]) =>
        properties[key] ? checkRules(item, properties[key], join(path, key)) : [],
      )
    : Array.isArray(value)
      ? value.flatMap((item, at) => checkRules(item, schema.items as Json, `${path}[${at}]`))
      : [];
  return [...own, ...below];
}

const environment = new Environment({ unlistedVariablesAreDyn: true });

interface Rule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

function checkRule({ rule, message, fieldPath = '' }: Rule, value: unknown, path: string): Issue[] {
  try {
    if (environment.evaluate(rule, { self: toCel(value) }) === true) return [];
  } catch (error) {
    const why = (error as Error).message.split('\n')[0];
    return [invalid(path, typeOf(value), `${why} evaluating rule: ${message}`)];
  }
  const at = `${path}${fieldPath}`;
  // What would be long is left out.
  return [
    typeof value === 'object'
      ? { path: at, message: `Invalid value: ${message}` }
      : invalid(at, value, message),
  ];
}

/** In CEL a whole number of JSON is an int, which is a bigint here. */
function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, toCel(it)]));
  return value;
}

function invalid(path: string, value: unknown, message: string): Issue {
  return { path, message: `Invalid value: ${JSON.stringify(value)}: ${message}` };
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
