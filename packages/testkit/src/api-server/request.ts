import type { IncomingMessage } from 'node:http';
import type { Json } from './issue.ts';
import type { ResourceKind } from './resource-kinds.ts';
import { StatusError } from './status-error.ts';

/** What somebody wants of the API. */
export interface ApiRequest {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` */
  readonly verb: string;
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly name?: string;
  /** `status` */
  readonly sub?: string;
  readonly query: URLSearchParams;
  /** Of what is sent, and of what is wanted. */
  readonly type: string;
  readonly accept: string;
  /** The program that asks: `kubectl/v1.35` */
  readonly agent: string;
}

const MAX_BODY_BYTES = 3 << 20;
const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** @throws StatusError 404 where there is no such resource */
export function readRequest(
  { method = 'GET', headers }: IncomingMessage,
  url: URL,
  kinds: readonly ResourceKind[],
): ApiRequest {
  const [, , group = '', version = '', rest = ''] =
    /^\/(api|apis\/([^/]+))\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
  const words = rest.split('/').map(decodeURIComponent);
  const inNamespace = words[0] === 'namespaces' && words.length > 2 && words[2] !== 'status';
  const namespace = inNamespace ? words[1] : undefined;
  const [plural, name, sub] = inNamespace ? words.slice(2) : words;
  const kind = kinds.find((it) => it.group === group && it.version === version && it.plural === plural);
  if (!kind || (inNamespace && !kind.namespaced)) {
    throw new StatusError(404, 'NotFound', 'the server could not find the requested resource');
  }
  const isWatch = ['true', '1'].includes(url.searchParams.get('watch') ?? '');
  const looks = name !== undefined ? 'get' : isWatch ? 'watch' : 'list';
  return {
    verb: method === 'GET' ? looks : (VERBS[method] ?? method),
    kind,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(sub !== undefined && { sub }),
    query: url.searchParams,
    type: headers['content-type'] ?? '',
    accept: headers.accept ?? '',
    agent: headers['user-agent'] ?? 'unknown',
  };
}

/** @throws StatusError 413 */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES)
      throw new StatusError(413, 'RequestEntityTooLarge', 'the request is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

/** @throws StatusError 400 */
export function parseBody(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    throw new StatusError(400, 'BadRequest', 'the object provided is unrecognized: it is no JSON');
  }
}
