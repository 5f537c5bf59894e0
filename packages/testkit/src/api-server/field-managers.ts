import {
  describePath,
  type FieldPath,
  type Fields,
  fieldsOf,
  fromFieldsV1,
  keyOf,
  partsOf,
  removeField,
  toFieldsV1,
} from './field-set.ts';
import { isObject, type Json } from './issue.ts';
import { StatusError } from './status-error.ts';

// https://kubernetes.io/docs/reference/using-api/server-side-apply/

/** Who writes, as metadata.managedFields says it. */
export interface FieldManager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource?: string;
}

interface Entry extends FieldManager {
  readonly apiVersion: string;
  readonly time: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: Json;
}

interface Options {
  readonly by: FieldManager;
  readonly schema: Json | undefined;
  readonly now: string;
}

/** What somebody applies, put together with what is there: what only they had, and do not apply again, goes. @throws StatusError 409 */
export function applyFields(
  live: Json,
  applied: Json,
  { by, schema, now, force }: Options & { readonly force: boolean },
): Json {
  const set = fieldsOf(applied, schema);
  const former = entriesOf(live);
  const others = former.filter((entry) => !isBy(entry, by));
  const before = fieldsOf(live, schema);
  const conflicts = others.flatMap((entry) =>
    pathsOf(entry)
      .filter((path) => set.has(keyOf(path)) && !same(set.get(keyOf(path)), before.get(keyOf(path))))
      .map((path) => ({ entry, path })),
  );
  if (conflicts.length > 0 && !force) throw conflict(conflicts);
  const merged = merge(live, applied, schema) as Json;
  const kept = new Set(others.flatMap((entry) => pathsOf(entry).map(keyOf)));
  const mine = former.find((entry) => isBy(entry, by));
  const gone = (mine ? pathsOf(mine) : []).filter((path) => !set.has(keyOf(path)) && !kept.has(keyOf(path)));
  for (const path of gone) removeField(merged, path, schema);
  const taken = new Set(conflicts.map(({ path }) => keyOf(path)));
  const left = others.map((entry) => without(entry, taken));
  const paths = [...set.values()].map(({ path }) => path);
  return withEntries(merged, [...left, entry(by, merged, now, paths)]);
}

/** Whose fields are whose after a write of the object itself: what it has changed is the writer's alone. */
export function trackUpdate(former: Json | undefined, next: Json, { by, schema, now }: Options): Json {
  const [before, after]: Fields[] = [fieldsOf(former ?? {}, schema), fieldsOf(next, schema)];
  const isIn = subresources[by.subresource ?? 'none'] ?? (() => true);
  const changed = [...(after as Fields).values()].filter(
    (field) => isIn(field.path) && !same(field, before?.get(keyOf(field.path))),
  );
  if (former !== undefined && changed.length === 0 && before?.size === after?.size) return next;
  const lost = new Set([
    ...changed.map(({ path }) => keyOf(path)),
    ...[...(before?.keys() ?? [])].filter((key) => !after?.has(key)),
  ]);
  const entries = entriesOf(former ?? {});
  const mine = entries.find((it) => isBy(it, by));
  const left = entries.filter((it) => !isBy(it, by)).map((it) => without(it, lost));
  const own = (mine ? pathsOf(mine) : []).filter((path) => !lost.has(keyOf(path)));
  const paths = [...own, ...changed.map(({ path }) => path)];
  return withEntries(next, [...left, entry(by, next, now, paths)]);
}

const subresources: Readonly<Record<string, (path: FieldPath) => boolean>> = {
  status: ([first]) => first === 'f:status',
  none: ([first]) => first !== 'f:status',
};

function merge(live: unknown, applied: unknown, schema: Json | undefined): unknown {
  const [had, wanted] = [partsOf(live, schema), partsOf(applied, schema)];
  if (!wanted || !had || Array.isArray(live) !== Array.isArray(applied)) return structuredClone(applied);
  const parts = new Map(had.map((part) => [part.segment, part.value]));
  for (const { segment, value, schema: inner } of wanted) {
    parts.set(segment, parts.has(segment) ? merge(parts.get(segment), value, inner) : structuredClone(value));
  }
  if (Array.isArray(live)) return [...parts.values()];
  return Object.fromEntries([...parts].map(([segment, value]) => [segment.slice(2), value]));
}

function entriesOf({ metadata }: Json): readonly Entry[] {
  return ((isObject(metadata) ? metadata.managedFields : undefined) ?? []) as Entry[];
}

function pathsOf({ fieldsV1 }: Entry): FieldPath[] {
  return fromFieldsV1(fieldsV1);
}

function isBy(entry: FieldManager, by: FieldManager): boolean {
  return (
    entry.manager === by.manager && entry.operation === by.operation && entry.subresource === by.subresource
  );
}

function without(entry: Entry, keys: ReadonlySet<string>): Entry {
  return { ...entry, fieldsV1: toFieldsV1(pathsOf(entry).filter((path) => !keys.has(keyOf(path)))) };
}

function entry(by: FieldManager, { apiVersion }: Json, now: string, paths: readonly FieldPath[]): Entry {
  const { manager, operation, subresource } = by;
  return {
    manager,
    operation,
    apiVersion: String(apiVersion),
    time: now,
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(paths),
    ...(subresource !== undefined && { subresource }),
  };
}

function withEntries(object: Json, entries: readonly Entry[]): Json {
  const managedFields = entries.filter(({ fieldsV1 }) => Object.keys(fieldsV1).length > 0);
  return { ...object, metadata: { ...(object.metadata as Json), managedFields } };
}

function same(one: { value: unknown } | undefined, other: { value: unknown } | undefined): boolean {
  return other !== undefined && JSON.stringify(one?.value) === JSON.stringify(other.value);
}

function conflict(conflicts: readonly { entry: Entry; path: FieldPath }[]): StatusError {
  const said = conflicts.map(({ entry, path }) => ({ with: nameOf(entry), field: describePath(path) }));
  const [one] = said;
  const message =
    said.length === 1
      ? `Apply failed with 1 conflict: conflict with ${one?.with}: ${one?.field}`
      : `Apply failed with ${said.length} conflicts: ${Object.entries(Object.groupBy(said, (it) => it.with))
          .toSorted()
          .map(([who, them = []]) =>
            [`conflicts with ${who}:`, ...them.map(({ field }) => `- ${field}`)].join('\n'),
          )
          .join('\n')}`;
  const causes = said.map(({ with: who, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${who}`,
    field,
  }));
  return new StatusError(409, 'Conflict', message, { causes });
}

function nameOf({ manager, operation, subresource, apiVersion, time }: Entry): string {
  const by = subresource === undefined ? `"${manager}"` : `"${manager}" with subresource "${subresource}"`;
  return operation === 'Apply' ? by : `${by} using ${apiVersion} at ${time}`;
}
