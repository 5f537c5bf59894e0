import { randomUUID } from 'node:crypto';
import { checkCustom, withDefaults } from './check-custom.ts';
import { checkEvent } from './check-event.ts';
import { checkMetadata } from './check-metadata.ts';
import { checkPublished } from './check-published.ts';
import { checkStructural } from './check-structural.ts';
import { type FieldManager, trackUpdate } from './field-managers.ts';
import { isObject, type Json } from './issue.ts';
import { apiVersionOf, builtIn, customKind, type ResourceKind } from './resource-kinds.ts';
import { invalidObject, StatusError } from './status-error.ts';

export interface Stored extends Json {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    generation: number;
    labels?: Record<string, string>;
    [key: string]: unknown;
  };
}

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Stored;
  readonly former?: Stored | undefined;
  readonly version: number;
  readonly kind: ResourceKind;
}

export interface WriteOptions {
  readonly strict?: boolean;
  readonly status?: boolean;
  /** Everything is checked, and nothing stored. */
  readonly dryRun?: boolean;
  /** It came as a merge patch. */
  readonly isPatch?: boolean;
  /** Whose the fields that this changes will be; nobody's where a test puts them there. */
  readonly by?: FieldManager;
}

/** What a cluster has in etcd: objects with versions, and what has happened of late. */
export class Store {
  readonly #objects = new Map<string, Stored>();
  readonly #kinds: ResourceKind[] = [...builtIn];
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #history: StoreEvent[] = [];
  #version = 1;
  #compacted = 0;

  get version(): number {
    return this.#version;
  }

  /** What was there before this is forgotten. */
  get compacted(): number {
    return this.#compacted;
  }

  get kinds(): readonly ResourceKind[] {
    return this.#kinds;
  }

  subscribe(listener: (event: StoreEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Forget what has happened so far: who asks for it gets 410. */
  compact(): void {
    this.#version++;
    this.#compacted = this.#version;
    this.#history = [];
  }

  /** What has happened since; of a custom kind nothing is known of before its definition. @throws StatusError 410 */
  since(version: number, kind?: ResourceKind): readonly StoreEvent[] {
    const oldest = Math.max(this.#compacted, kind?.since ?? 0);
    if (version < oldest) {
      throw new StatusError(410, 'Expired', `too old resource version: ${version} (${oldest})`);
    }
    return this.#history.filter((event) => event.version > version);
  }

  list(kind: ResourceKind, namespace?: string): Stored[] {
    return [...this.#objects]
      .filter(([key]) => key.startsWith(`${kind.group}/${kind.plural}/`))
      .map(([, object]) => object)
      .filter((object) => namespace === undefined || object.metadata.namespace === namespace);
  }

  get(kind: ResourceKind, name: string, namespace = ''): Stored {
    const found = this.#objects.get(keyOf(kind, name, namespace));
    if (found) return found;
    const { group, plural } = kind;
    throw new StatusError(404, 'NotFound', `${resourceOf(kind)} "${name}" not found`, {
      name,
      group,
      kind: plural,
    });
  }

  find(kind: ResourceKind, name: string, namespace?: string): Stored | undefined {
    return this.#objects.get(keyOf(kind, name, namespace ?? ''));
  }

  create(kind: ResourceKind, given: unknown, namespace = '', options: WriteOptions = {}): Stored {
    const { status: _, ...object } = given as Json;
    const metadata = (isObject(object.metadata) ? object.metadata : {}) as Json;
    const name = String(metadata.name ?? `${metadata.generateName ?? ''}${randomUUID().slice(0, 8)}`);
    if (this.find(kind, name, namespace)) {
      throw new StatusError(409, 'AlreadyExists', `${resourceOf(kind)} "${name}" already exists`, { name });
    }
    if (namespace !== '' && !this.find(builtIn[0] as ResourceKind, namespace)) {
      throw new StatusError(404, 'NotFound', `namespaces "${namespace}" not found`);
    }
    if (namespace !== '' && this.find(builtIn[0] as ResourceKind, namespace)?.metadata.deletionTimestamp) {
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      throw new StatusError(403, 'Forbidden', `${resourceOf(kind)} "${name}" is forbidden: ${why}`, { name });
    }
    const own = {
      ...metadata,
      name,
      ...(namespace !== '' && { namespace }),
      ...(kind.plural === 'namespaces' && {
        labels: { ...(metadata.labels as object), 'kubernetes.io/metadata.name': name },
      }),
      uid: randomUUID(),
      creationTimestamp: now(),
      generation: 1,
    };
    // Pods and nodes are made by others than us: with their status.
    const kept =
      kind.hasStatus && kind.schema === undefined
        ? (given as Json)
        : kind.hasStatus
          ? object
          : (given as Json);
    return this.#write('ADDED', kind, { ...kept, metadata: own }, undefined, options);
  }

  replace(kind: ResourceKind, given: unknown, former: Stored, options: WriteOptions = {}): Stored {
    const object = given as Json;
    const asked = (object.metadata as Json | undefined)?.resourceVersion;
    if (asked !== undefined && asked !== former.metadata.resourceVersion) {
      const { name } = former.metadata;
      throw new StatusError(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${resourceOf(kind)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
        { name },
      );
    }
    const { uid, creationTimestamp, name, namespace } = former.metadata;
    const metadata = options.status
      ? former.metadata
      : {
          ...(object.metadata as Json),
          uid,
          creationTimestamp,
          name,
          ...(namespace !== undefined && { namespace }),
        };
    const split = kind.hasStatus && kind.schema !== undefined;
    const next: Json = options.status
      ? { ...former, status: object.status }
      : { ...object, ...(split && { status: former.status }) };
    if (next.status === undefined) delete next.status;
    if (former.metadata.deletionTimestamp && !isHeld({ metadata } as Stored)) {
      this.remove(kind, { ...former, metadata: metadata as Stored['metadata'] });
      return former;
    }
    const specChanged = JSON.stringify(next.spec) !== JSON.stringify(former.spec);
    const generation = former.metadata.generation + (specChanged ? 1 : 0);
    return this.#write('MODIFIED', kind, { ...next, metadata: { ...metadata, generation } }, former, options);
  }

  /** It is gone, or goes when nobody holds it any more. */
  remove(kind: ResourceKind, former: Stored): void {
    if (isHeld(former)) {
      if (former.metadata.deletionTimestamp) return;
      this.#write(
        'MODIFIED',
        kind,
        { ...former, metadata: { ...former.metadata, deletionTimestamp: now() } },
        former,
        {},
      );
      return;
    }
    this.#objects.delete(keyOf(kind, former.metadata.name, former.metadata.namespace));
    if (kind.kind === 'CustomResourceDefinition') {
      const gone = customKind(former);
      for (const object of this.list(gone)) this.remove(gone, object);
      this.#kinds.splice(
        this.#kinds.findIndex(({ plural, group }) => plural === gone.plural && group === gone.group),
        1,
      );
    }
    if (kind.kind === 'Namespace') {
      for (const inside of this.#kinds.filter(({ namespaced }) => namespaced)) {
        for (const object of this.list(inside, former.metadata.name)) this.remove(inside, object);
      }
    }
    const version = ++this.#version;
    const object = { ...former, metadata: { ...former.metadata, resourceVersion: `${version}` } };
    this.#tell({ type: 'DELETED', object, former, version, kind });
  }

  #write(
    type: 'ADDED' | 'MODIFIED',
    kind: ResourceKind,
    object: Json,
    former: Stored | undefined,
    options: WriteOptions,
  ): Stored {
    const { status = false, dryRun = false, by } = options;
    const { metadata } = object as Stored;
    const filled = (kind.schema ? withDefaults(object, kind.schema) : object) as Json;
    const valid = refuse(kind, metadata.name, filled, options);
    const checked =
      by?.operation === 'Update'
        ? trackUpdate(former, valid, { by, schema: kind.schema, now: now() })
        : valid;
    if (former && JSON.stringify(whatMatters(checked)) === JSON.stringify(whatMatters(former))) return former;
    if (dryRun) return checked as Stored;
    const version = ++this.#version;
    const stored = {
      ...checked,
      metadata: { ...(checked.metadata as object), resourceVersion: `${version}` },
    } as Stored;
    if (kind.kind === 'CustomResourceDefinition' && !status) this.#define(stored, kind);
    this.#objects.set(keyOf(kind, metadata.name, metadata.namespace), stored);
    this.#tell({ type, object: stored, former, version, kind });
    return stored;
  }

  #define(definition: Stored, kind: ResourceKind): void {
    const added = { ...customKind(definition), since: this.#version };
    const issues = checkStructural(added.schema as Json, 'spec.validation.openAPIV3Schema');
    if (issues.length > 0) throw invalidObject(kind, definition.metadata.name, issues);
    const at = this.#kinds.findIndex(({ plural, group }) => plural === added.plural && group === added.group);
    if (at === -1) this.#kinds.push(added);
    else this.#kinds[at] = added;
    definition.status = { conditions: [{ type: 'Established', status: 'True' }] };
  }

  #tell(event: StoreEvent): void {
    this.#history.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

/** @returns the object without what is not known; @throws StatusError 400 where that is to be strict, 422 */
function refuse(
  kind: ResourceKind,
  name: string,
  object: Json,
  { strict = false, isPatch = false }: WriteOptions,
): Json {
  const apiVersion = apiVersionOf(kind);
  if (object.apiVersion !== apiVersion) {
    const said = `the API version in the data (${object.apiVersion}) does not match the expected API version (${apiVersion})`;
    throw new StatusError(400, 'BadRequest', said);
  }
  if (object.kind !== kind.kind) {
    const message = `Invalid value: ${JSON.stringify(object.kind)}: must be ${kind.kind}`;
    throw invalidObject({ ...kind, kind: String(object.kind) }, name, [{ path: 'kind', message }]);
  }
  const issues = [
    ...checkMetadata(object),
    ...(kind.schema ? checkCustom(object, kind.schema) : checkPublished(object)),
    ...(kind.kind === 'Event' ? checkEvent(object) : []),
  ];
  const unknown = issues.filter((issue) => issue.unknown);
  if (strict && unknown.length > 0) {
    const fields = unknown.map(({ path }) => `unknown field "${path}"`).join(', ');
    const said = `strict decoding error: ${fields}`;
    // The server judges what a patch comes to, and says so in another way.
    throw isPatch
      ? new StatusError(
          422,
          'Invalid',
          ` "" is invalid: patch: Invalid value: ${JSON.stringify(JSON.stringify(object))}: ${said}`,
        )
      : new StatusError(400, 'BadRequest', said);
  }
  const rest = issues.filter((issue) => !issue.unknown);
  // Events are of the core group, within.
  const group = kind.kind === 'Event' ? '' : kind.group;
  if (rest.length > 0) throw invalidObject({ ...kind, group }, name, rest);
  const pruned = structuredClone(object);
  for (const { path } of unknown) prune(pruned, path);
  return pruned;
}

function prune(object: Json, path: string): void {
  const keys = path.split(/\.|(?=\[)/);
  let at: Json | undefined = object;
  for (const key of keys.slice(0, -1)) {
    const index = /^\[(\d+)\]$/.exec(key)?.[1] ?? key;
    at = at?.[index] as Json | undefined;
  }
  if (at) delete at[keys.at(-1) ?? ''];
}

function isHeld({ metadata: { finalizers = [] } }: Stored): boolean {
  return (finalizers as string[]).length > 0;
}

/** Without what alone makes no new version. */
function whatMatters({ metadata, ...object }: Json): Json {
  const { resourceVersion: _, managedFields = [], ...rest } = metadata as Json;
  const managers = (managedFields as Json[]).map(({ time: _, ...manager }) => manager);
  return { ...object, metadata: { ...rest, managers } };
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+/, '');
}

/** `pods`, `tsnpolicies.tsnctl.dev` */
function resourceOf({ group, plural }: ResourceKind): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function keyOf({ group, plural }: ResourceKind, name: string, namespace = ''): string {
  return `${group}/${plural}/${namespace}/${name}`;
}
