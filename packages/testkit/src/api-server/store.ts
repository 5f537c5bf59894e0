import { randomUUID } from 'node:crypto';
import { checkCustom, withDefaults } from './check-custom.ts';
import { checkPublished } from './check-published.ts';
import { checkStructural } from './check-structural.ts';
import { type Issue, isObject, type Json } from './issue.ts';
import { builtIn, customKind, type ResourceKind } from './resource-kinds.ts';
import { StatusError } from './status-error.ts';

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

  /** What has happened since. @throws StatusError 410 */
  since(version: number): readonly StoreEvent[] {
    if (version < this.#compacted) {
      throw new StatusError(410, 'Expired', `too old resource version: ${version} (${this.#compacted})`);
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
    const resource = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
    throw new StatusError(404, 'NotFound', `${resource} "${name}" not found`, { name, kind: kind.plural });
  }

  find(kind: ResourceKind, name: string, namespace?: string): Stored | undefined {
    return this.#objects.get(keyOf(kind, name, namespace ?? ''));
  }

  create(kind: ResourceKind, given: unknown, namespace = '', options: WriteOptions = {}): Stored {
    const { status: _, ...object } = given as Json;
    const metadata = (isObject(object.metadata) ? object.metadata : {}) as Json;
    const name = String(metadata.name ?? `${metadata.generateName ?? ''}${randomUUID().slice(0, 8)}`);
    if (this.find(kind, name, namespace)) {
      throw new StatusError(409, 'AlreadyExists', `${kind.plural} "${name}" already exists`, { name });
    }
    if (namespace !== '' && !this.find(builtIn[0] as ResourceKind, namespace)) {
      throw new StatusError(404, 'NotFound', `namespaces "${namespace}" not found`);
    }
    const own = {
      ...metadata,
      name,
      ...(namespace !== '' && { namespace }),
      ...(kind.plural === 'namespaces' && {
        labels: { ...(metadata.labels as object), 'kubernetes.io/metadata.name': name },
      }),
      uid: randomUUID(),
      creationTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
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
        `Operation cannot be fulfilled on ${kind.plural} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
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
    const specChanged = JSON.stringify(next.spec) !== JSON.stringify(former.spec);
    const generation = former.metadata.generation + (specChanged ? 1 : 0);
    return this.#write('MODIFIED', kind, { ...next, metadata: { ...metadata, generation } }, former, options);
  }

  remove(kind: ResourceKind, former: Stored): void {
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
    { strict = false, status = false }: WriteOptions,
  ): Stored {
    const { metadata } = object as Stored;
    const filled = (kind.schema ? withDefaults(object, kind.schema) : object) as Json;
    const checked = refuse(kind, metadata.name, filled, strict);
    if (former && JSON.stringify(withoutVersion(checked)) === JSON.stringify(withoutVersion(former)))
      return former;
    const version = ++this.#version;
    const stored = {
      ...checked,
      metadata: { ...(checked.metadata as object), resourceVersion: `${version}` },
    } as Stored;
    if (kind.kind === 'CustomResourceDefinition' && !status) this.#define(stored);
    this.#objects.set(keyOf(kind, metadata.name, metadata.namespace), stored);
    this.#tell({ type, object: stored, former, version, kind });
    return stored;
  }

  #define(definition: Stored): void {
    const added = customKind(definition);
    const issues = checkStructural(added.schema as Json, 'spec.validation.openAPIV3Schema');
    if (issues.length > 0) throw invalid(definition.kind, definition.metadata.name, issues);
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
function refuse(kind: ResourceKind, name: string, object: Json, strict: boolean): Json {
  const wrong = object.kind !== kind.kind || object.apiVersion !== versionOf(kind);
  if (wrong) {
    throw new StatusError(
      400,
      'BadRequest',
      `the API version in the data (${object.apiVersion}, ${object.kind}) does not match the expected one (${versionOf(kind)}, ${kind.kind})`,
    );
  }
  const issues = kind.schema ? checkCustom(object, kind.schema) : checkPublished(object);
  const unknown = issues.filter((issue) => issue.unknown);
  if (strict && unknown.length > 0) {
    const fields = unknown.map(({ path }) => `unknown field "${path}"`).join(', ');
    throw new StatusError(400, 'BadRequest', `strict decoding error: ${fields}`);
  }
  const rest = issues.filter((issue) => !issue.unknown);
  if (rest.length > 0)
    throw invalid(kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`, name, rest);
  const pruned = structuredClone(object);
  for (const { path } of unknown) prune(pruned, path);
  return pruned;
}

function invalid(kind: string, name: string, issues: readonly Issue[]): StatusError {
  const causes = issues.map(({ path, message }) => ({ field: path, message }));
  const said = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = said.length === 1 ? said[0] : `[${said.join(', ')}]`;
  return new StatusError(422, 'Invalid', `${kind} "${name}" is invalid: ${text}`, { name, causes });
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

function withoutVersion({ metadata, ...object }: Json): Json {
  const { resourceVersion: _, ...rest } = metadata as Json;
  return { ...object, metadata: rest };
}

function versionOf({ group, version }: ResourceKind): string {
  return group === '' ? version : `${group}/${version}`;
}

function keyOf({ group, plural }: ResourceKind, name: string, namespace = ''): string {
  return `${group}/${plural}/${namespace}/${name}`;
}
