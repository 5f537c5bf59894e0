import { type ConfigList, parseConfigFile, parsePluginConfig, withDropIns } from '../config.ts';
import { CniError, toCniError } from '../error.ts';
import type { ChainFinding, ConfDir, ConfFile, RuntimeTraits } from './model.ts';
import { isOwnList } from './own-list.ts';

/** A file with the network that it stands for. */
export interface Candidate {
  readonly file: ConfFile;
  /** With its drop-ins, if the runtime has them. */
  readonly list: ConfigList;
}

export interface Picked {
  /** What the runtime would use if we were not there. */
  readonly candidate?: Candidate;
  readonly findings: readonly ChainFinding[];
}

/** The network that the runtime picks: of *.conf, *.conflist and *.json, the first in the order of the names. */
export function pickNetwork(dir: ConfDir, runtime: RuntimeTraits): Picked {
  const { candidates, findings, stopped } = loadAll(dir, runtime);
  const wanted = runtime.defaultNetwork;
  const front =
    wanted === undefined || wanted === ''
      ? candidates[0]
      : candidates.find(({ list }) => list.name === wanted);
  if (stopped || front === undefined) {
    return { findings: stopped ? findings : [...findings, noNetwork(wanted)] };
  }
  const behind = isMultus(front) ? candidates.find((it) => !isMultusFile(it)) : undefined;
  if (isMultus(front) && behind === undefined && !front.file.name.endsWith('.conflist')) {
    return { findings: [...findings, multusAlone(front)] };
  }
  const candidate = behind ?? front;
  return {
    candidate,
    findings: [
      ...findings,
      ...(behind ? [multus(front, behind)] : []),
      ...unused(candidates, front, behind, runtime),
    ],
  };
}

/** Names in the order in which runtimes read them: by their bytes. */
export function byName({ name: a }: ConfFile, { name: b }: ConfFile): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Files that runtimes read. Go's filepath.Ext counts from the last dot, so `.x.conf` is one and `x.conf~` is none. */
export function isConfName(name: string): boolean {
  return /\.(conf|conflist|json)$/.test(name);
}

export function textOf({ bytes }: ConfFile): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function loadAll(dir: ConfDir, runtime: RuntimeTraits) {
  const candidates: Candidate[] = [];
  const findings: ChainFinding[] = [];
  const files = dir.files.filter((file) => isConfName(file.name) && !isOwnList(file)).toSorted(byName);
  for (const file of files) {
    try {
      candidates.push({ file, list: load(file, dir, runtime) });
    } catch (thrown) {
      // containerd reads only as many files as it needs, so a broken one behind the first is never seen.
      const stops = runtime.name === 'containerd' && candidates.length === 0;
      findings.push(broken(file, thrown, stops));
      if (stops) return { candidates, findings, stopped: true };
    }
  }
  return { candidates, findings, stopped: false };
}

function load(file: ConfFile, dir: ConfDir, runtime: RuntimeTraits): ConfigList {
  const list = withItsDropIns(parseConfigFile(file.name, textOf(file)), dir, runtime);
  if (list.plugins.length > 0) return list;
  throw new CniError('invalidNetworkConfig', 'the network has no plugins');
}

function withItsDropIns(list: ConfigList, dir: ConfDir, runtime: RuntimeTraits): ConfigList {
  if (!runtime.dropIns || list.loadOnlyInlinedPlugins) return list;
  const dropIns = Object.hasOwn(dir.dropIns, list.name) ? (dir.dropIns[list.name] ?? []) : [];
  const plugins = dropIns.filter(({ name }) => name.endsWith('.conf')).toSorted(byName);
  return withDropIns(
    list,
    plugins.map((plugin) => parsePluginConfig(textOf(plugin))),
  );
}

function isMultus({ list }: Candidate): boolean {
  return /^multus(-shim)?$/.test(list.plugins[0]?.type ?? '');
}

// What multus itself leaves out when it looks for the network that it shall call.
function isMultusFile(candidate: Candidate): boolean {
  return isMultus(candidate) || candidate.file.name.startsWith('00-multus.conf');
}

function broken(file: ConfFile, thrown: unknown, stops: boolean): ChainFinding {
  const { message, details } = toCniError(thrown);
  const bom = file.bytes[0] === 0xef && file.bytes[1] === 0xbb;
  const aList = message.includes('"type"') && textOf(file).includes('"plugins"');
  const hint = bom
    ? 'it begins with a byte order mark, which no runtime accepts: save it as UTF-8 without one'
    : aList
      ? 'it holds a list of plugins: such a file is named *.conflist'
      : 'its owner has to mend it; the chain is repaired as soon as that is done';
  return {
    code: 'BROKEN',
    severity: stops ? 'error' : 'warning',
    file: file.name,
    message: `${file.name} cannot be read: ${message}${details ? ` (${details})` : ''}${
      stops ? '; containerd has no pod network as long as it is there' : ''
    }`,
    hint,
  };
}

function noNetwork(wanted: string | undefined): ChainFinding {
  return {
    code: 'NO_NETWORK',
    severity: 'warning',
    message: wanted ? `there is no network "${wanted}"` : 'there is no network configuration',
    hint: 'install a CNI plugin first; the chain is laid as soon as it has written its file',
  };
}

function multus({ file }: Candidate, behind: Candidate): ChainFinding {
  return {
    code: 'MULTUS',
    severity: 'info',
    file: file.name,
    message: `${file.name} is multus, which calls the network of ${behind.file.name}: the chain is laid there`,
    hint: 'multus copies that network when it starts: restart it if pods are not seen',
  };
}

function multusAlone({ file }: Candidate): ChainFinding {
  return {
    code: 'MULTUS_ALONE',
    severity: 'error',
    file: file.name,
    message: `${file.name} is multus, and the network that it calls is not in this directory`,
    hint: 'name the directory that has it: --conf-dir, on OpenShift /run/multus/cni/net.d. A list made from this file would make multus call itself',
  };
}

function unused(
  candidates: readonly Candidate[],
  front: Candidate,
  behind: Candidate | undefined,
  runtime: RuntimeTraits,
): ChainFinding[] {
  const others = candidates.filter((it) => it !== front && it !== behind);
  if (others.length === 0) return [];
  if (runtime.name === 'containerd' && runtime.maxConfNum !== undefined && runtime.maxConfNum !== 1) {
    return [
      {
        code: 'SEVERAL_NETWORKS',
        severity: 'warning',
        message: `max_conf_num is ${runtime.maxConfNum}: pods get an interface of each network; only ${front.file.name} is chained`,
      },
    ];
  }
  return others.map(({ file, list }) => ({
    code: 'NOT_PICKED',
    severity: 'info',
    file: file.name,
    message: `${file.name} (network ${list.name}) is not used: the runtime uses ${front.file.name}`,
  }));
}
