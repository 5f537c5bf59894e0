import {
  type ChainFinding,
  type ConfDir,
  type ConfigList,
  OUR_TYPE,
  ourConfig,
  ownListName,
  parseConfigList,
  pickNetwork,
  planChainInstall,
  type RuntimeTraits,
} from '@tsnctl/cni';

/** What a runtime makes of its configuration directory. */
export interface ChainView {
  /** The list that it runs, with its drop-ins; nothing where it has no network. */
  readonly list?: ConfigList;
  readonly file?: string;
  /** Where our plugin is in it. */
  readonly place: 'last' | 'not last' | 'missing';
  readonly findings: readonly ChainFinding[];
}

/** Look at a directory as the runtime does, our own list included. Pure. @throws CniError for a broken list of ours */
export function viewChain(dir: ConfDir, runtime: RuntimeTraits): ChainView {
  const { candidate } = pickNetwork(dir, runtime);
  const ours = candidate && dir.files.find(({ name }) => name === ownListName(candidate.file.name));
  const isSingle = candidate !== undefined && !candidate.file.name.endsWith('.conflist');
  const used = isSingle && ours ? { file: ours, list: parseConfigList(textOf(ours.bytes)) } : candidate;
  const at = used?.list.plugins.findLastIndex(({ type }) => type === OUR_TYPE) ?? -1;
  const entry = used?.list.plugins[at]?.raw ?? ourConfig();
  return {
    ...(used && { list: used.list, file: used.file.name }),
    place: at === -1 ? 'missing' : at === (used?.list.plugins.length ?? 0) - 1 ? 'last' : 'not last',
    findings: planChainInstall(dir, { runtime, entry }).findings,
  };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
