import { checkCustom } from './check-custom.ts';
import { checkPublished } from './check-published.ts';
import { applyFields, type FieldManager } from './field-managers.ts';
import { describePath } from './field-set.ts';
import type { Json } from './issue.ts';
import { mergePatch } from './merge-patch.ts';
import { pageOf } from './page-of.ts';
import { type ApiRequest, parseBody } from './request.ts';
import { apiVersionOf } from './resource-kinds.ts';
import { selected } from './selectors.ts';
import { invalidObject, StatusError } from './status-error.ts';
import type { Store, Stored, WriteOptions } from './store.ts';
import { tableOf, wantsTable } from './table.ts';

/** The answer to a request that is no watch. @throws StatusError */
export function serve(store: Store, request: ApiRequest, body: string): object {
  const answer = verbs[request.verb];
  if (answer) return answer(store, request, body);
  throw new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the resource');
}

type Answer = (store: Store, request: ApiRequest, body: string) => object;

const verbs: Readonly<Record<string, Answer>> = {
  list(store, { kind, namespace, query, accept }) {
    const found = store.list(kind, namespace).filter((object) => selected(object, query));
    const page = pageOf(found, query, store);
    if (wantsTable(accept)) return { ...tableOf(kind, page.items, Date.now()), metadata: page.metadata };
    return { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), ...page };
  },
  get: (store, request) => formerOf(store, request),
  create: (store, request, body) =>
    store.create(request.kind, parseBody(body), request.namespace, writeOptions(request)),
  update(store, request, body) {
    const { kind, name = '' } = request;
    const given = parseBody(body);
    if (kind.schema && (given.metadata as Json | undefined)?.resourceVersion === undefined) {
      const issue = {
        path: 'metadata.resourceVersion',
        message: 'Invalid value: 0: must be specified for an update',
      };
      throw invalidObject({ ...kind, kind: kind.plural }, name, [issue]);
    }
    return store.replace(kind, given, formerOf(store, request), writeOptions(request));
  },
  patch(store, request, body) {
    const patch = patches[request.type.split(';')[0] ?? ''];
    if (patch) return patch(store, request, body);
    const message = `the body of the request was in an unknown format: ${request.type}`;
    throw new StatusError(415, 'UnsupportedMediaType', message);
  },
  delete(store, request) {
    const { kind, name } = request;
    const former = formerOf(store, request);
    store.remove(kind, former);
    const details = { name, group: kind.group, kind: kind.plural, uid: former.metadata.uid };
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
  },
};

const patches: Readonly<Record<string, Answer>> = {
  'application/merge-patch+json'(store, request, body) {
    const former = formerOf(store, request);
    const next = mergePatch(withoutVersion(former), parseBody(body));
    return store.replace(request.kind, next, former, { ...writeOptions(request), isPatch: true });
  },
  'application/apply-patch+yaml'(store, request, body) {
    const { kind, namespace, name = '', query } = request;
    if (!query.has('fieldManager')) {
      const what = 'fieldManager: Required value: is required for apply patch';
      throw new StatusError(422, 'Invalid', `PatchOptions.meta.k8s.io "" is invalid: ${what}`);
    }
    const options = writeOptions(request, 'Apply');
    const applied = appliedPart(parseBody(body), request);
    const { name: given, managedFields } = applied.metadata as Json;
    if (given !== name) {
      const said = `the name of the object (${given}) does not match the name on the URL (${name})`;
      throw new StatusError(400, 'BadRequest', said);
    }
    if (managedFields !== undefined)
      throw new StatusError(400, 'BadRequest', 'metadata.managedFields must be nil');
    refuseUntyped(applied, request);
    const former = store.find(kind, name, namespace);
    if (!former && options.status) formerOf(store, request);
    const next = applyFields(former ?? {}, applied, {
      by: options.by,
      schema: kind.schema,
      now: new Date().toISOString().replace(/\.\d+/, ''),
      force: query.get('force') === 'true',
    });
    return former ? store.replace(kind, next, former, options) : store.create(kind, next, namespace, options);
  },
};

function formerOf(store: Store, { kind, name = '', namespace }: ApiRequest): Stored {
  return store.get(kind, name, namespace);
}

function writeOptions({ query, sub, agent }: ApiRequest, operation: FieldManager['operation'] = 'Update') {
  const manager = query.get('fieldManager') ?? agent.split('/')[0] ?? '';
  return {
    strict: query.get('fieldValidation') === 'Strict',
    status: sub === 'status',
    dryRun: query.get('dryRun') === 'All',
    by: { manager, operation, ...(sub !== undefined && { subresource: sub }) },
  } satisfies WriteOptions;
}

/** The status is applied by itself, and all else without it. */
function appliedPart(given: Json, { kind, sub }: ApiRequest): Json {
  const { status, ...object } = given;
  if (!kind.hasStatus) return given;
  if (sub !== 'status') return object;
  const { apiVersion, metadata } = object;
  return { apiVersion, kind: object.kind, metadata, status };
}

/** What fits no type cannot be put together with what is there. @throws StatusError 500, as the API server has it */
function refuseUntyped(applied: Json, { kind, name = '' }: ApiRequest): void {
  const issues = kind.schema ? checkCustom(applied, kind.schema) : checkPublished(applied);
  const said = issues.flatMap(({ path, message, unknown = false }) => {
    if (unknown) return [`.${path}: field not declared in schema`];
    const twice = /^Duplicate value: (.*)$/.exec(message)?.[1];
    if (twice !== undefined)
      return [`.${path.replace(/\[\d+\]$/, '')}: duplicate entries for key ${describeKey(twice)}`];
    const [, wanted, got] = / in body must be of type (\w+): "(\w+)"$/.exec(message) ?? [];
    return wanted === undefined ? [] : [`.${path}: expected ${TYPED[wanted] ?? wanted}, got ${got}`];
  });
  if (said.length === 0) return;
  const text = said.length === 1 ? said[0] : `errors:\n${said.map((it) => `  ${it}\n`).join('')}`;
  const what = `/${name}; ${apiVersionOf(kind)}, Kind=${kind.kind}`;
  throw new StatusError(500, '', `failed to create typed patch object (${what}): ${text}`);
}

const TYPED: Readonly<Record<string, string>> = {
  integer: 'numeric (int or float)',
  number: 'numeric (int or float)',
  object: 'map',
  array: 'list',
};

/** `{"from":6}` -> `[from=6]`, `3` -> `[=3]` */
function describeKey(text: string): string {
  return describePath([`${text.startsWith('{') ? 'k' : 'v'}:${text}`]);
}

function withoutVersion({ metadata, ...object }: Stored): Json {
  const { resourceVersion: _, ...rest } = metadata;
  return { ...object, metadata: rest };
}
