import { type Environment, readEnvironment } from './environment.ts';
import { CniError, errorJson, toCniError } from './error.ts';
import { asArray, asObject, asString, isObject, member, parseObject } from './json.ts';
import type { Json, JsonObject } from './json-type.ts';
import { checkNetworkName } from './names.ts';
import { convertResult, parseResult, type Result } from './result.ts';
import { atLeast, CNI_VERSIONS, type CniVersion, checkVersion, NEWEST, SINCE } from './version.ts';

/** A network config that is longer is refused unread: error 7. */
export const MAX_STDIN_BYTES = 1 << 20;

/** What a handler gets: the environment, and what stdin says. */
export interface PluginRequest extends Environment {
  readonly cniVersion: CniVersion;
  /** The network's name. */
  readonly name: string;
  /** All of stdin, unknown fields too. */
  readonly config: JsonObject;
  /** What the runtime grants of the capabilities that the config asks for. */
  readonly runtimeConfig: JsonObject;
  /** The result so far; the final one for DEL and CHECK. A DEL can come without. */
  readonly prevResult?: Result;
}

export interface GcRequest extends PluginRequest {
  /** cni.dev/valid-attachments: whatever belongs to another one can go. Without the key nothing can. */
  readonly validAttachments?: readonly Attachment[];
}

export interface Attachment {
  readonly containerID: string;
  readonly ifname: string;
}

type Answer<T> = T | Promise<T>;

/** What a plugin does. It refuses by throwing a CniError; anything else that it throws becomes error 999. */
export interface PluginHandlers {
  /** The result, in any version: it is converted to that of the request. */
  add(request: PluginRequest): Answer<Result>;
  del(request: PluginRequest): Answer<void>;
  check?(request: PluginRequest): Answer<void>;
  gc?(request: GcRequest): Answer<void>;
  status?(request: PluginRequest): Answer<void>;
}

export interface PluginCall {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Uint8Array;
}

export interface PluginReply {
  readonly exitCode: number;
  readonly stdout: string;
  /** Fields that the request's version has no place for. */
  readonly lost: readonly string[];
}

/** Where a plugin reads and writes: `@tsnctl/cni/node` has that of the process. */
export interface PluginIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: { write(text: string): unknown };
}

export interface Plugin {
  /** Answer one call. It never throws: whatever is wrong is an error of the spec on stdout, and exit code 1. */
  answer(call: PluginCall): Promise<PluginReply>;
  /** The same with streams: read, answer, print. The exit code. */
  run(io: PluginIo): Promise<number>;
}

/** A plugin from what it does: reading, checking, versions and errors are here, once. */
export function definePlugin({
  versions = CNI_VERSIONS,
  ...handlers
}: PluginHandlers & { versions?: readonly CniVersion[] }): Plugin {
  const answer = (call: PluginCall) => answerCall(handlers, versions, call);
  return {
    answer,
    async run({ env, stdin, stdout }) {
      const reply = await readAll(stdin).then(
        (bytes) => answer({ env, stdin: bytes }),
        (error) => refusal(new CniError('ioFailure', 'stdin cannot be read', { cause: error }), NEWEST),
      );
      stdout.write(reply.stdout);
      return reply.exitCode;
    },
  };
}

async function answerCall(
  handlers: PluginHandlers,
  versions: readonly CniVersion[],
  { env, stdin }: PluginCall,
): Promise<PluginReply> {
  // An error is in the version that was asked for, once that is known.
  let version = NEWEST;
  try {
    const environment = readEnvironment(env);
    if (environment.command === 'VERSION') return versionReply(stdin, versions);
    const request = readRequest(environment, stdin, versions);
    version = request.cniVersion;
    const result = await perform(handlers, request);
    if (result === undefined) return { exitCode: 0, stdout: '', lost: [] };
    const converted = convertResult(result, version);
    return { exitCode: 0, stdout: JSON.stringify(converted.result), lost: converted.lost };
  } catch (thrown) {
    return refusal(toCniError(thrown), version);
  }
}

async function perform(handlers: PluginHandlers, request: PluginRequest): Promise<Result | undefined> {
  switch (request.command) {
    case 'ADD':
      return handlers.add(request);
    case 'DEL':
      return void (await handlers.del(request));
    case 'CHECK':
      return void (await handlers.check?.(request));
    case 'GC':
      return void (await handlers.gc?.({ ...request, ...validAttachments(request.config) }));
    default:
      return void (await handlers.status?.(request));
  }
}

function readRequest(
  environment: Environment,
  stdin: Uint8Array,
  versions: readonly CniVersion[],
): PluginRequest {
  const config = parseObject(readText(stdin), 'stdin');
  const name = checkNetworkName(asString(member(config, 'name') ?? '', 'name'));
  const cniVersion = checkVersion(asString(member(config, 'cniVersion') ?? '', 'cniVersion'), versions);
  const since = environment.command in SINCE ? SINCE[environment.command as keyof typeof SINCE] : '0.3.0';
  if (!atLeast(cniVersion, since)) {
    throw new CniError('incompatibleVersion', `cniVersion ${cniVersion} has no ${environment.command}`, {
      details: `since ${since}`,
    });
  }
  const prevResult = member(config, 'prevResult');
  return {
    ...environment,
    cniVersion,
    name,
    config,
    runtimeConfig: asObject(member(config, 'runtimeConfig') ?? {}, 'runtimeConfig'),
    ...(prevResult !== undefined &&
      prevResult !== null && { prevResult: parseResult(prevResult, cniVersion, 'prevResult') }),
  };
}

function readText(stdin: Uint8Array): string {
  if (stdin.length > MAX_STDIN_BYTES) {
    throw new CniError('invalidNetworkConfig', `the network config is longer than ${MAX_STDIN_BYTES} bytes`);
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(stdin);
}

// libcni writes the list under two names: the spec's, and the one that the spec had by mistake (cni#1101).
function validAttachments(config: JsonObject): { validAttachments?: readonly Attachment[] } {
  const key = ['cni.dev/valid-attachments', 'cni.dev/attachments'].find((it) => Object.hasOwn(config, it));
  const list = key === undefined ? undefined : member(config, key);
  if (key === undefined || list === undefined) return {};
  const read = (item: Json, at: number): Attachment => {
    const object = asObject(item, `${key}.${at}`);
    return {
      containerID: asString(member(object, 'containerID'), `${key}.${at}.containerID`),
      ifname: asString(member(object, 'ifname'), `${key}.${at}.ifname`),
    };
  };
  return { validAttachments: asArray(list ?? [], key).map(read) };
}

/** The version of the question, if it has one that is spoken here: VERSION answers whatever stdin says. */
function versionReply(stdin: Uint8Array, versions: readonly CniVersion[]): PluginReply {
  const cniVersion = askedVersion(stdin, versions) ?? NEWEST;
  return { exitCode: 0, stdout: JSON.stringify({ cniVersion, supportedVersions: versions }), lost: [] };
}

function askedVersion(stdin: Uint8Array, versions: readonly CniVersion[]): CniVersion | undefined {
  try {
    const config = parseObject(readText(stdin), 'stdin');
    return versions.find((version) => version === (isObject(config) && member(config, 'cniVersion')));
  } catch {
    return undefined;
  }
}

function refusal(error: CniError, version: CniVersion): PluginReply {
  return { exitCode: 1, stdout: JSON.stringify(errorJson(error, version)), lost: [] };
}

// One byte more than is allowed is enough to see that it is too much.
async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_STDIN_BYTES) break;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
