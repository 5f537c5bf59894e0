import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { TsnctlError } from '@tsnctl/codec';
import { KubeError } from './kube-error.ts';

type Library = typeof import('./library.ts');
type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

export interface KubeTarget {
  /** A file; KUBECONFIG or ~/.kube/config without it, and in a pod its service account. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
  readonly type?: 'application/json' | 'application/merge-patch+json' | 'application/apply-patch+yaml';
  readonly over?: Connection;
}

/** The client opens a connection for each request, unless several are to go over one. */
interface Connection {
  by?: Dispatcher | undefined;
}

/** What every object of the API has. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

export interface ApiList<T> {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly T[];
}

/** Whose changes these are, for the API server. */
const FIELD_MANAGER = 'tsnctl';
const PAGE = '500';

/** The API of a cluster: JSON in and out, as whoever the kubeconfig or the pod's service account says. */
export class KubeClient {
  readonly config: KubeConfig;
  readonly library: Library;

  private constructor(config: KubeConfig, library: Library) {
    this.config = config;
    this.library = library;
  }

  /** @throws TsnctlError NO_CLUSTER */
  static async open(target: KubeTarget = {}): Promise<KubeClient> {
    const library = await import('./library.ts'); // 65 MB: only where there is a cluster
    const config = new library.KubeConfig();
    load(config, target);
    return new KubeClient(config, library);
  }

  /** `https://10.0.0.1:6443` */
  get server(): string {
    return this.config.getCurrentCluster()?.server ?? '';
  }

  /** @throws KubeError */
  async request<T>(method: `${HttpMethod}`, path: string, options: RequestOptions = {}): Promise<T> {
    return JSON.parse(await this.#send(method, path, options)) as T;
  }

  /** What is no JSON: a log. */
  text(path: string, query: Readonly<Record<string, string>>): Promise<string> {
    return this.#send('GET', path, { query });
  }

  async #send(method: `${HttpMethod}`, path: string, options: RequestOptions): Promise<string> {
    const { RequestContext, IsomorphicFetchHttpLibrary } = this.library;
    const { query = {}, body, type = 'application/json', over } = options;
    const what = `${method} ${path}`;
    const url = new URL(this.server + path);
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(key, value);
    }
    const context = new RequestContext(url.toString(), method as HttpMethod);
    if (body) {
      context.setBody(JSON.stringify(body));
      context.setHeaderParam('content-type', type);
    }
    context.setHeaderParam('accept', 'application/json, */*;q=0.5');
    context.setSignal(AbortSignal.timeout(REQUEST_MS));
    let status = 0;
    let text = '';
    try {
      await this.config.applySecurityAuthentication(context);
      if (over) shareConnection(context, over);
      const response = await new IsomorphicFetchHttpLibrary().send(context).toPromise();
      status = response.httpStatusCode;
      text = await response.body.text();
    } catch (cause) {
      throw new KubeError(0, what, reasonOf(cause), cause);
    }
    if (status >= 200 && status < 300) return text;
    throw new KubeError(status, what, messageOf(text));
  }

  /** All of it, page by page, over a connection that they share. */
  async list<T>(path: string, query: Readonly<Record<string, string | undefined>> = {}): Promise<ApiList<T>> {
    const items: T[] = [];
    const over: Connection = {};
    let metadata: ApiList<T>['metadata'] = {};
    do {
      const more = metadata.continue ? { ...query, continue: metadata.continue } : query;
      const page = await this.request<ApiList<T>>('GET', path, { query: { limit: PAGE, ...more }, over });
      items.push(...page.items);
      metadata = page.metadata;
    } while (metadata.continue);
    return { metadata, items };
  }

  /** Merge what is given into an object: RFC 7386. */
  patch<T>(path: string, body: object): Promise<T> {
    return this.request('PATCH', path, {
      body,
      type: 'application/merge-patch+json',
      query: { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict' },
    });
  }

  /** As `kubectl apply --server-side --force-conflicts` does. */
  apply<T>(path: string, body: object, { dryRun = false } = {}): Promise<T> {
    return this.request('PATCH', path, {
      body,
      type: 'application/apply-patch+yaml',
      query: {
        fieldManager: FIELD_MANAGER,
        force: 'true',
        fieldValidation: 'Strict',
        dryRun: dryRun ? 'All' : undefined,
      },
    });
  }
}

const REQUEST_MS = 30_000;

function shareConnection(context: RequestContext, over: Connection): void {
  over.by ??= context.getDispatcher();
  if (over.by) context.setDispatcher(over.by);
}

function load(config: KubeConfig, { kubeconfig, context }: KubeTarget): void {
  const named = kubeconfig ?? process.env.KUBECONFIG;
  const usual = join(homedir(), '.kube/config');
  try {
    if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
    else if (named !== undefined || existsSync(usual)) config.loadFromDefault();
    else if (process.env.KUBERNETES_SERVICE_HOST) config.loadFromCluster();
    else {
      throw new TsnctlError('NO_CLUSTER', 'there is no kubeconfig, and this is no pod', {
        hint: `--kubeconfig FILE, or KUBECONFIG, or ${usual}`,
      });
    }
  } catch (cause) {
    if (cause instanceof TsnctlError) throw cause;
    throw new TsnctlError(
      'NO_CLUSTER',
      `the kubeconfig ${named ?? usual} cannot be read: ${reasonOf(cause)}`,
      {
        hint: 'kubectl config view, with the same file',
        cause,
      },
    );
  }
  if (context !== undefined) {
    if (!config.getContextObject(context)) {
      const names = config.getContexts().map(({ name }) => name);
      throw new TsnctlError('NO_CLUSTER', `the kubeconfig has no context ${context}`, {
        hint: `one of ${names.join(', ')}`,
      });
    }
    config.setCurrentContext(context);
  }
  if (config.getCurrentCluster()) return;
  throw new TsnctlError('NO_CLUSTER', 'the kubeconfig names no cluster to talk to', {
    hint: 'kubectl config use-context NAME; or --context NAME',
  });
}

/** The innermost reason: fetch wraps it. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? reasonOf(cause) : error instanceof Error ? error.message : String(error);
}

/** Where a patch comes to what is no object, the API server says all of that object before it says why. */
const OF_A_PATCH = /^ "" is invalid: patch: Invalid value: "(?:[^"\\]|\\.)*": /;

function messageOf(text: string): string {
  try {
    const message = String((JSON.parse(text) as { message?: string }).message ?? text);
    return message.replace(OF_A_PATCH, '').slice(0, 2_000);
  } catch {
    return text.slice(0, 200) || 'without a word';
  }
}
