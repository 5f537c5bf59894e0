import { CniError } from './error.ts';
import { asArray, asObject, asString, isObject, member, parseObject } from './json.ts';
import type { Json, JsonObject } from './json-type.ts';
import { selectVersion } from './version.ts';

/** One plugin of a list, with every field that its author gave it. */
export interface PluginConfig {
  readonly type: string;
  readonly capabilities: readonly string[];
  readonly raw: JsonObject;
}

/** A network: what a .conflist says, or what a .conf stands for. */
export interface ConfigList {
  /** The version that was selected; empty where the file has none, which libcni takes for 0.1.0. */
  readonly cniVersion: string;
  readonly name: string;
  readonly disableCheck: boolean;
  readonly disableGC: boolean;
  /** Plugins from the directory `<name>/` beside the file are not added. */
  readonly loadOnlyInlinedPlugins: boolean;
  readonly plugins: readonly PluginConfig[];
  readonly raw: JsonObject;
}

/** Read a .conflist as libcni reads it (libcni/conf.go). @throws CniError 6 or 7 */
export function parseConfigList(text: string): ConfigList {
  const raw = parseObject(text, 'the network config list');
  const read = (key: string) => member(raw, key);
  const cniVersion = read('cniVersion') === undefined ? '' : asString(read('cniVersion'), 'cniVersion');
  const cniVersions =
    read('cniVersions') === undefined
      ? undefined
      : asArray(read('cniVersions'), 'cniVersions').map((it, at) => asString(it, `cniVersions.${at}`));
  const loadOnlyInlinedPlugins = flag(raw, 'loadOnlyInlinedPlugins');
  const plugins = read('plugins');
  if (plugins === undefined && loadOnlyInlinedPlugins) {
    throw new CniError('invalidNetworkConfig', 'loadOnlyInlinedPlugins is true, and there is no "plugins"');
  }
  if (plugins !== undefined && asArray(plugins, 'plugins').length === 0) {
    throw new CniError('invalidNetworkConfig', '"plugins" is an empty list');
  }
  return {
    cniVersion: selectVersion({ cniVersion, cniVersions }),
    name: requiredName(raw),
    disableCheck: flag(raw, 'disableCheck'),
    disableGC: flag(raw, 'disableGC'),
    loadOnlyInlinedPlugins,
    plugins: asArray(plugins ?? [], 'plugins').map((it, at) =>
      pluginOf(asObject(it, `plugins.${at}`), `plugins.${at}.`),
    ),
    raw,
  };
}

/** Read a .conf or .json, which holds one plugin, as the list of that one. @throws CniError 6 or 7 */
export function parseSingleConfig(text: string): ConfigList {
  const raw = parseObject(text, 'the network config');
  const version = member(raw, 'cniVersion');
  return {
    cniVersion: version === undefined ? '' : asString(version, 'cniVersion'),
    name: requiredName(raw),
    disableCheck: false,
    disableGC: false,
    loadOnlyInlinedPlugins: true, // go-cni and ocicni add drop-ins to a .conflist only
    plugins: [pluginOf(raw, '')],
    raw,
  };
}

/** Read one plugin's config, as in the directory of drop-ins. @throws CniError 6 or 7 */
export function parsePluginConfig(text: string): PluginConfig {
  return pluginOf(parseObject(text, 'the plugin config'), '');
}

/** Which of the two a file is. Runtimes go by the name: only `.conflist` is a list. */
export function parseConfigFile(name: string, text: string): ConfigList {
  return name.endsWith('.conflist') ? parseConfigList(text) : parseSingleConfig(text);
}

/** What a list runs where the runtime's libcni has drop-ins (1.3 and newer). */
export function withDropIns(list: ConfigList, dropIns: readonly PluginConfig[]): ConfigList {
  return list.loadOnlyInlinedPlugins ? list : { ...list, plugins: [...list.plugins, ...dropIns] };
}

/** What one plugin gets on stdin: spec, section 3, "Deriving request configuration". */
export function requestConfig(
  list: Pick<ConfigList, 'cniVersion' | 'name'>,
  plugin: PluginConfig,
  { prevResult, capabilityArgs = {}, extra = {} }: RequestExtras = {},
): JsonObject {
  const { capabilities, prevResult: _, runtimeConfig: __, ...others } = plugin.raw;
  const granted = plugin.capabilities.filter((name) => Object.hasOwn(capabilityArgs, name));
  const runtimeConfig = Object.fromEntries(granted.map((name) => [name, capabilityArgs[name] as Json]));
  return {
    ...others,
    cniVersion: list.cniVersion,
    name: list.name,
    ...(granted.length > 0 && { runtimeConfig }),
    ...(prevResult !== undefined && { prevResult }),
    ...extra,
  };
}

export interface RequestExtras {
  readonly prevResult?: JsonObject | undefined;
  /** What the runtime offers; each plugin gets the capabilities that its config asks for. */
  readonly capabilityArgs?: JsonObject | undefined;
  readonly extra?: JsonObject | undefined;
}

function pluginOf(raw: JsonObject, path: string): PluginConfig {
  const type = asString(member(raw, 'type') ?? '', `${path}type`);
  if (type === '') throw new CniError('invalidNetworkConfig', `"${path}type" is missing or empty`);
  if (/[/\\]/.test(type)) {
    throw new CniError('invalidNetworkConfig', `"${path}type" names a path, not a plugin`, {
      details: JSON.stringify(type.slice(0, 200)),
    });
  }
  return { type, capabilities: capabilitiesOf(raw, path), raw };
}

function capabilitiesOf(raw: JsonObject, path: string): string[] {
  const capabilities = member(raw, 'capabilities') ?? {};
  if (!isObject(capabilities) || Object.values(capabilities).some((it) => typeof it !== 'boolean')) {
    throw new CniError('decodingFailure', `"${path}capabilities" does not map names to true or false`);
  }
  return Object.keys(capabilities).filter((name) => capabilities[name] === true);
}

function requiredName(raw: JsonObject): string {
  const name = member(raw, 'name');
  if (name === undefined) throw new CniError('invalidNetworkConfig', 'the network config has no name');
  return asString(name, 'name');
}

// libcni also takes "true" and "False" as strings.
function flag(raw: JsonObject, key: string): boolean {
  const value = member(raw, key) ?? false;
  const word = typeof value === 'string' ? value.toLowerCase() : String(value);
  if (typeof value !== 'object' && (word === 'true' || word === 'false')) return word === 'true';
  throw new CniError('decodingFailure', `"${key}" is neither true nor false`);
}
