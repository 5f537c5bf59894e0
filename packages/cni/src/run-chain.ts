import { type ConfigList, type PluginConfig, requestConfig } from './config.ts';
import { type Command, writeEnvironment } from './environment.ts';
import { CniError, readError, toCniError } from './error.ts';
import { parseJson } from './json.ts';
import type { Json, JsonObject } from './json-type.ts';
import { checkContainerId, checkIfname, checkNetworkName } from './names.ts';
import type { Attachment } from './plugin.ts';
import { convertResult, parseResult, type Result } from './result.ts';
import { atLeast, checkVersion, SINCE } from './version.ts';

/** Run the plugin `type`, found in the directories of `path`. `@tsnctl/cni/node` has the real one. */
export type Exec = (call: {
  readonly type: string;
  readonly path: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}) => Promise<{ exitCode: number; stdout: string; stderr: string }>;

export interface ChainOptions {
  readonly exec: Exec;
  /** Directories of plugins: CNI_PATH. */
  readonly path: readonly string[];
}

/** One container's interface in a network. */
export interface ChainAttachment {
  readonly containerId: string;
  readonly netns: string;
  readonly ifname: string;
  readonly args?: ReadonlyMap<string, string>;
  /** What the runtime has to offer: portMappings, bandwidth, io.kubernetes.cri.pod-annotations ... */
  readonly capabilityArgs?: JsonObject;
}

/** Do what a runtime does with a list, in the order and with the inputs of libcni (libcni/api.go). */
export interface Chain {
  /**
   * Every plugin in order, each with the result of the one before. The first failure ends it, and undoes nothing:
   * as with libcni, the caller has to `del` after a failed `add`.
   */
  add(attachment: ChainAttachment): Promise<Result>;
  /** Every plugin in reverse order, each with the final result of the ADD, which the caller has kept. */
  del(attachment: ChainAttachment, result?: Result): Promise<void>;
  /** Does nothing where the list says disableCheck. @throws CniError 1 before 0.4.0 */
  check(attachment: ChainAttachment, result: Result): Promise<void>;
  /** Asks every plugin, also after a failure. Nothing before 1.1.0, or where the list says disableGC. */
  gc(validAttachments: readonly Attachment[]): Promise<void>;
  /** The first refusal. Nothing before 1.1.0. */
  status(): Promise<void>;
  /** What each type of the list supports. */
  versions(): Promise<ReadonlyMap<string, readonly string[]>>;
}

export function runChain(list: ConfigList, options: ChainOptions): Chain {
  const call = (command: Command, plugin: PluginConfig, on?: ChainAttachment, extras: Extras = {}) =>
    callPlugin(list, plugin, command, options, on, extras);
  return {
    async add(attachment) {
      checkAttachment(list, attachment);
      const version = checkVersion(list.cniVersion);
      let prevResult: Result | undefined;
      for (const plugin of list.plugins) {
        const stdout = await call('ADD', plugin, attachment, { prevResult });
        const result = parseResult(parseJson(stdout, `the result of ${plugin.type}`), version);
        prevResult = convertResult(result, version).result;
      }
      if (prevResult === undefined) throw new CniError('invalidNetworkConfig', 'the list has no plugins');
      return prevResult;
    },
    async del(attachment, result) {
      checkAttachment(list, attachment);
      const prevResult = atLeast(list.cniVersion, SINCE.cachedResultOnDel)
        ? inVersion(list, result)
        : undefined;
      for (const plugin of list.plugins.toReversed()) await call('DEL', plugin, attachment, { prevResult });
    },
    async check(attachment, result) {
      if (!atLeast(list.cniVersion, SINCE.CHECK)) {
        throw new CniError('incompatibleVersion', `cniVersion ${list.cniVersion} has no CHECK`);
      }
      if (list.disableCheck) return;
      const prevResult = inVersion(list, result);
      for (const plugin of list.plugins) await call('CHECK', plugin, attachment, { prevResult });
    },
    async gc(validAttachments) {
      if (list.disableGC || !atLeast(list.cniVersion, SINCE.GC)) return;
      const valid = validAttachments.map((it): JsonObject => ({ ...it }));
      const extra = { 'cni.dev/valid-attachments': valid, 'cni.dev/attachments': valid };
      const errors: CniError[] = [];
      for (const plugin of list.plugins)
        await call('GC', plugin, undefined, { extra }).catch((error) => errors.push(toCniError(error)));
      const [first, ...others] = errors;
      if (first && others.length === 0) throw first;
      if (first) {
        const messages = errors.map((error) => error.message).join('; ');
        throw new CniError(first.cniCode, `${errors.length} plugins failed: ${messages}`);
      }
    },
    async status() {
      if (!atLeast(list.cniVersion, SINCE.STATUS)) return;
      for (const plugin of list.plugins) await call('STATUS', plugin);
    },
    async versions() {
      const all = new Map<string, readonly string[]>();
      for (const plugin of list.plugins) {
        const stdout = await call('VERSION', plugin);
        const answer = parseJson(stdout, `the VERSION of ${plugin.type}`) as { supportedVersions?: Json };
        const supported = Array.isArray(answer?.supportedVersions) ? answer.supportedVersions : [];
        all.set(
          plugin.type,
          supported.filter((it) => typeof it === 'string'),
        );
      }
      return all;
    },
  };
}

interface Extras {
  readonly prevResult?: Result | undefined;
  readonly extra?: JsonObject;
}

async function callPlugin(
  list: ConfigList,
  plugin: PluginConfig,
  command: Command,
  { exec, path }: ChainOptions,
  on: ChainAttachment | undefined,
  extras: Extras,
): Promise<string> {
  const { type } = plugin;
  const env = writeEnvironment({
    command,
    containerId: on?.containerId ?? '',
    netns: on?.netns ?? '',
    ifname: on?.ifname ?? '',
    args: on?.args ?? new Map(),
    path,
  });
  const capabilityArgs = on?.capabilityArgs;
  const config = requestConfig(list, plugin, { ...extras, capabilityArgs });
  const reply = await exec({ type, path, env, stdin: JSON.stringify(config) });
  if (reply.exitCode !== 0) throw named(readError(reply, type), type, command);
  return reply.stdout;
}

function named(error: CniError, type: string, command: Command): CniError {
  const details = error.details === undefined ? {} : { details: error.details };
  return new CniError(error.cniCode, `${type} failed (${command}): ${error.message}`, {
    ...details,
    cause: error,
  });
}

function checkAttachment(list: ConfigList, { containerId, ifname }: ChainAttachment): void {
  checkContainerId(containerId);
  checkIfname(ifname);
  checkNetworkName(list.name);
}

function inVersion(list: ConfigList, result: Result | undefined): Result | undefined {
  return result && convertResult(result, checkVersion(list.cniVersion)).result;
}
