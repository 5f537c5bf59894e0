import { isObject, type Json } from './issue.ts';

// Fields of an object as metadata.managedFields has them, FieldsV1: `f:name` is a field, `k:{"from":6}` an item of a
// list that is a map, `v:3` one of a list that is a set, `.` the thing itself.

/** A field: `['f:spec', 'f:remap', 'k:{"from":6}', 'f:to']`. */
export type FieldPath = readonly string[];

/** Fields, each with the value that it has. */
export type Fields = ReadonlyMap<string, { readonly path: FieldPath; readonly value: unknown }>;

/** Never anybody's: what says which object it is, and what the server writes itself. */
const UNOWNED = new Set([
  ...['f:apiVersion', 'f:kind', 'f:metadata'].map((key) => JSON.stringify([key])),
  ...'name namespace uid resourceVersion generation creationTimestamp managedFields'
    .split(' ')
    .map((key) => JSON.stringify(['f:metadata', `f:${key}`])),
]);

/** The smallest fields of an object that can be owned one by one. Lists are whole where no schema says otherwise. */
export function fieldsOf(object: Json, schema: Json | undefined): Fields {
  const found = new Map<string, { path: FieldPath; value: unknown }>();
  const add = (path: FieldPath, value: unknown) => {
    const key = keyOf(path);
    if (!UNOWNED.has(key)) found.set(key, { path, value });
  };
  const visit = (value: unknown, at: Json | undefined, path: FieldPath): void => {
    const parts = partsOf(value, at);
    if (parts === undefined || (parts.length === 0 && path.length > 0)) {
      add(path, value);
      return;
    }
    if (Array.isArray(value) && parts[0]?.segment.startsWith('k:')) {
      for (const { segment } of parts) add([...path, segment, '.'], undefined);
    }
    for (const part of parts) visit(part.value, part.schema, [...path, part.segment]);
  };
  visit(object, schema, []);
  return found;
}

/** Takes a field away, and what is empty then. Changes the object. */
export function removeField(object: Json, path: FieldPath, schema: Json | undefined): void {
  const isItem = path.at(-1) === '.';
  removeAt(object, isItem ? path.slice(0, -1) : path, schema);
}

export function keyOf(path: FieldPath): string {
  return JSON.stringify(path);
}

/** `.spec.remap[from=6].to`, as a conflict names it. */
export function describePath(path: FieldPath): string {
  return path
    .filter((segment) => segment !== '.')
    .map((segment) => {
      const text = segment.slice(2);
      if (segment.startsWith('f:')) return `.${text}`;
      if (segment.startsWith('v:')) return `[=${text}]`;
      const keys = Object.entries(JSON.parse(text) as Json).map(
        ([key, it]) => `${key}=${JSON.stringify(it)}`,
      );
      return `[${keys.join(',')}]`;
    })
    .join('');
}

export function toFieldsV1(paths: Iterable<FieldPath>): Json {
  const tree: Json = {};
  for (const path of paths) {
    let at = tree;
    for (const segment of path) {
      at[segment] ??= {};
      at = at[segment] as Json;
    }
  }
  return tree;
}

export function fromFieldsV1(tree: Json, path: FieldPath = []): FieldPath[] {
  return Object.entries(tree).flatMap(([segment, inner]) => {
    const here = [...path, segment];
    return Object.keys(inner as Json).length === 0 ? [here] : fromFieldsV1(inner as Json, here);
  });
}

interface Part {
  readonly segment: string;
  readonly value: unknown;
  readonly schema: Json | undefined;
}

/** What a value consists of, if its parts can be owned one by one. */
export function partsOf(value: unknown, schema: Json | undefined): readonly Part[] | undefined {
  if (isObject(value)) {
    if (schema?.['x-kubernetes-map-type'] === 'atomic') return undefined;
    const properties = (schema?.properties ?? {}) as Record<string, Json>;
    const rest = isObject(schema?.additionalProperties) ? schema.additionalProperties : undefined;
    return Object.entries(value).map(([key, inner]) => ({
      segment: `f:${key}`,
      value: inner,
      schema: properties[key] ?? rest,
    }));
  }
  if (!Array.isArray(value)) return undefined;
  const items = schema?.items as Json | undefined;
  const segment = segmentOf[String(schema?.['x-kubernetes-list-type'])];
  if (!segment) return undefined;
  const keys = (schema?.['x-kubernetes-list-map-keys'] ?? []) as string[];
  return value.map((item) => ({ segment: segment(item, keys), value: item, schema: items }));
}

const segmentOf: Readonly<Record<string, (item: unknown, keys: readonly string[]) => string>> = {
  set: (item) => `v:${JSON.stringify(item)}`,
  map: (item, keys) =>
    `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, (item as Json)[key]])))}`,
};

function removeAt(container: unknown, [segment, ...rest]: FieldPath, schema: Json | undefined): void {
  const part = partsOf(container, schema)?.find((it) => it.segment === segment);
  if (!part || segment === undefined) return;
  if (rest.length > 0) {
    removeAt(part.value, rest, part.schema);
    const isLeft = typeof part.value !== 'object' || Object.keys(part.value as object).length > 0;
    if (isLeft) return;
  }
  if (Array.isArray(container)) container.splice(container.indexOf(part.value), 1);
  else delete (container as Json)[segment.slice(2)];
}
