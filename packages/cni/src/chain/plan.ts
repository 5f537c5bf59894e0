import { sameJson } from '../json.ts';
import type { JsonObject } from '../json-type.ts';
import { isNetworkName } from '../names.ts';
import {
  appendEntry,
  entryText,
  OUR_TYPE,
  ourEntries,
  ourEntry,
  removeEntries,
  replaceEntry,
} from './list-text.ts';
import type {
  ChainFinding,
  ChainPlan,
  ChainStep,
  ChainWay,
  ConfDir,
  ConfFile,
  WantedChain,
} from './model.ts';
import { isOwnList, madeFrom, ownList, ownListName } from './own-list.ts';
import { type Candidate, isConfName, pickNetwork, textOf } from './pick.ts';

/** Sorts behind what others number up to 98. */
export const DROP_IN_NAME = '99-tsnctl.conf';
const CILIUM_SUFFIX = '.cilium_bak';

/**
 * Put our plugin at the end of the chain that the runtime uses. Nothing is left to do after the plan's steps, and
 * where our plugin is in place already, nothing is to do.
 */
export function planChainInstall(dir: ConfDir, wanted: WantedChain): ChainPlan {
  const { candidate, findings } = pickNetwork(dir, wanted.runtime);
  const stale = (keep?: string) => staleSteps(dir, candidate, keep);
  if (candidate === undefined) return { steps: stale(), findings: [...findings, ...ciliumFindings(dir)] };
  if (candidate.list.plugins.every(({ type }) => type === OUR_TYPE)) {
    return { steps: [], findings: [...findings, onlyOurs(candidate.file.name)] };
  }
  const way = wayFor(candidate, wanted);
  const placed = ways[way](dir, candidate, wanted.entry);
  return {
    target: { file: candidate.file.name, network: candidate.list.name, way },
    steps: [...placed.steps, ...stale(placed.path)],
    findings: [...findings, ...placed.findings, ...ciliumFindings(dir, candidate, way)],
  };
}

/**
 * Bring our plugin back after the primary has rewritten, replaced, renamed or truncated its file. It is the install
 * again: what is in place stays. While the primary's file is broken there is nothing to do but to wait.
 */
export function planChainRepair(dir: ConfDir, wanted: WantedChain): ChainPlan {
  return planChainInstall(dir, wanted);
}

/**
 * Take our plugin out of every file: also those that the runtime no longer uses. With `emptied`, also a directory of
 * drop-ins that has nothing in it: a removal that was killed has left it. Whoever has a journal knows better.
 */
export function planChainRemove(dir: ConfDir, { emptied = false } = {}): ChainPlan {
  const files = dir.files.map((file) => removeFrom(file));
  const dropIns = Object.entries(dir.dropIns).map(([network, list]) => removeDropIns(network, list));
  const networks = new Set(emptied ? dir.files.map(networkOf) : []);
  const empty = Object.entries(dir.dropIns)
    .filter(([network, list]) => list.length === 0 && networks.has(network))
    .map(([path]): ChainStep => ({ kind: 'remove-directory', path }));
  return {
    steps: [...[...files, ...dropIns].flatMap((it) => it.steps), ...empty],
    findings: [...files.flatMap((it) => it.findings), ...ciliumFindings(dir)],
  };
}

interface Placed {
  /** Where our plugin is now; what is of ours elsewhere goes. */
  readonly path?: string;
  readonly steps: readonly ChainStep[];
  readonly findings: readonly ChainFinding[];
}

function wayFor({ file, list }: Candidate, { runtime }: WantedChain): ChainWay {
  if (!file.name.endsWith('.conflist')) return 'own-list';
  return runtime.dropIns && !list.loadOnlyInlinedPlugins && isNetworkName(list.name) ? 'drop-in' : 'edit';
}

const ways: Record<ChainWay, (dir: ConfDir, candidate: Candidate, entry: JsonObject) => Placed> = {
  edit(_dir, { file }, entry) {
    const { indices, count } = ourEntries(file.bytes);
    const single = indices.length > 1 ? removeEntries(file.bytes, { keepFirst: true }) : file.bytes;
    const bytes =
      indices.length === 0
        ? appendEntry(file.bytes, entry)
        : sameJson(ourEntry(single), entry)
          ? single
          : replaceEntry(single, entry);
    const notLast = indices.length === 1 && indices[0] !== count - 1;
    const { steps, findings } = rewrite(
      file,
      bytes,
      indices.length === 0 ? 'chain our plugin' : 'bring our entry up to date',
    );
    return {
      steps,
      findings: [
        ...findings,
        ...(indices.length > 1 ? [duplicate(file.name, indices.length)] : []),
        ...(notLast ? [notLastOf(file.name)] : []),
      ],
    };
  },

  'drop-in'(dir, { file, list }, entry) {
    const path = `${list.name}/${DROP_IN_NAME}`;
    const known = Object.hasOwn(dir.dropIns, list.name) ? dir.dropIns[list.name] : undefined;
    const present = known?.find(({ name }) => name === DROP_IN_NAME);
    const bytes = new TextEncoder().encode(`${entryText(entry)}\n`);
    const { mode, uid, gid } = file;
    const steps: ChainStep[] = [];
    if (known === undefined) steps.push({ kind: 'make-directory', path: list.name, mode: 0o755, uid, gid });
    if (present === undefined || !sameBytes(present.bytes, bytes)) {
      const why = 'chain our plugin without touching the list';
      steps.push({ kind: 'write-file', path, bytes, mode, uid, gid, previous: present?.bytes, why });
      steps.push({ kind: 'reload' });
    }
    const inline = ourEntries(file.bytes);
    const cleaned = inline.count > inline.indices.length ? removeEntries(file.bytes) : file.bytes;
    const cleaning = rewrite(file, cleaned, 'the directory of drop-ins has our entry');
    const others = known?.filter((it) => it.name.endsWith('.conf') && it.name > DROP_IN_NAME) ?? [];
    const notLast = others.slice(0, 1).map(({ name }) => notLastOf(`${list.name}/${name}`));
    return { path, steps: [...steps, ...cleaning.steps], findings: [...cleaning.findings, ...notLast] };
  },

  'own-list'(dir, { file }, entry) {
    const name = ownListName(file.name);
    const present = dir.files.find((it) => it.name === name);
    if (present && !isOwnList(present)) {
      const message = `${name}, the file that would hold our list, is there and not ours`;
      return { steps: [], findings: [{ code: 'NAME_TAKEN', severity: 'error', file: name, message }] };
    }
    const bytes = ownList(file, entry);
    if (present && sameBytes(present.bytes, bytes)) return { path: name, steps: [], findings: [] };
    const { mode, uid, gid } = file;
    const why = `${file.name} holds one plugin and no list`;
    const step: ChainStep = {
      kind: 'write-file',
      path: name,
      bytes,
      mode,
      uid,
      gid,
      previous: present?.bytes,
      why,
    };
    return { path: name, steps: [step], findings: [] };
  },
};

/** What is of ours in a place that does not count any more, entries in lists that are not used excepted. */
function staleSteps(dir: ConfDir, candidate: Candidate | undefined, keep: string | undefined): ChainStep[] {
  const lists = dir.files.filter((file) => {
    const origin = madeFrom(file);
    if (origin === undefined || file.name === keep) return false;
    // Its origin is there and cannot be read just now: a primary that is in the middle of writing.
    return candidate !== undefined || !dir.files.some(({ name }) => name === origin);
  });
  const why = 'it stands for a file that is gone or not used';
  const dropIns = Object.entries(dir.dropIns).flatMap(([network, files]) =>
    candidate === undefined ? [] : removeDropIns(network, files, keep).steps,
  );
  return [
    ...lists.map(({ name, bytes }): ChainStep => ({ kind: 'remove-file', path: name, previous: bytes, why })),
    ...dropIns,
  ];
}

function removeFrom(file: ConfFile): Placed {
  const why = 'our plugin leaves the chain';
  if (isOwnList(file)) {
    return { steps: [{ kind: 'remove-file', path: file.name, previous: file.bytes, why }], findings: [] };
  }
  if (!isConfName(file.name)) return { steps: [], findings: [] };
  try {
    const { indices, count } = ourEntries(file.bytes);
    if (count > 0 && count === indices.length) return { steps: [], findings: [onlyOurs(file.name)] };
    return rewrite(file, removeEntries(file.bytes), why);
  } catch {
    const mentioned = textOf(file).includes(`"${OUR_TYPE}"`);
    return { steps: [], findings: mentioned ? [unreadable(file.name)] : [] };
  }
}

function removeDropIns(network: string, files: readonly ConfFile[], keep?: string): Placed {
  const ours = files.filter((file) => isOurDropIn(file) && `${network}/${file.name}` !== keep);
  if (ours.length === 0) return { steps: [], findings: [] };
  const steps = ours.map(
    ({ name, bytes }): ChainStep => ({
      kind: 'remove-file',
      path: `${network}/${name}`,
      previous: bytes,
      why: 'our plugin leaves the chain',
    }),
  );
  const empty: ChainStep[] =
    ours.length === files.length ? [{ kind: 'remove-directory', path: network }] : [];
  return { steps: [...steps, ...empty, { kind: 'reload' }], findings: [] };
}

function networkOf(file: ConfFile): unknown {
  try {
    return (JSON.parse(textOf(file)) as { name?: unknown } | null)?.name;
  } catch {
    return undefined;
  }
}

function isOurDropIn(file: ConfFile): boolean {
  if (!file.name.endsWith('.conf')) return false;
  try {
    return (JSON.parse(textOf(file)) as { type?: unknown } | null)?.type === OUR_TYPE;
  } catch {
    return false;
  }
}

function rewrite(file: ConfFile, bytes: Uint8Array, why: string): Placed {
  if (sameBytes(bytes, file.bytes)) return { steps: [], findings: [] };
  if (file.isLink) return { steps: [], findings: [isALink(file.name)] };
  const { name: path, mode, uid, gid } = file;
  const step: ChainStep = { kind: 'write-file', path, bytes, mode, uid, gid, previous: file.bytes, why };
  return { steps: [step], findings: [] };
}

function ciliumFindings(dir: ConfDir, candidate?: Candidate, way?: ChainWay): ChainFinding[] {
  const renamed = dir.files.filter(({ name }) => name.endsWith(CILIUM_SUFFIX));
  const hint = "set cni.exclusive=false in Cilium's Helm values, then restart its agents";
  if (renamed.some(isOwnList)) {
    const file = renamed.find(isOwnList)?.name ?? '';
    const message = `Cilium runs in exclusive mode and has renamed our list to ${file}: the chain does not hold`;
    return [{ code: 'CILIUM_EXCLUSIVE', severity: 'error', file, message, hint }];
  }
  if (candidate?.list.plugins[0]?.type !== 'cilium-cni' || way !== 'edit') return [];
  const file = candidate.file.name;
  if (renamed.length === 0) {
    const message = `${file} is Cilium's: in exclusive mode, its default, Cilium takes our entry out again`;
    return [{ code: 'CILIUM', severity: 'info', file, message, hint }];
  }
  const message = `Cilium runs in exclusive mode (it has renamed ${renamed[0]?.name.slice(0, -CILIUM_SUFFIX.length)}): it takes our entry out of ${file} again`;
  return [{ code: 'CILIUM_EXCLUSIVE', severity: 'warning', file, message, hint }];
}

function duplicate(file: string, count: number): ChainFinding {
  const message = `${file} has our plugin ${count} times: all but the first are taken out`;
  return { code: 'DUPLICATE', severity: 'warning', file, message };
}

function notLastOf(file: string): ChainFinding {
  return {
    code: 'NOT_LAST',
    severity: 'warning',
    file,
    message: `${file}: plugins come behind ours; it is left in its place`,
    hint: 'a plugin that replaces qdiscs or programs of the pod has to come before ours',
  };
}

function onlyOurs(file: string): ChainFinding {
  const message = `${file} has no plugin but ours: without it the list would be invalid, so it is left`;
  return { code: 'ONLY_OURS', severity: 'error', file, message, hint: `remove ${file} by hand` };
}

function unreadable(file: string): ChainFinding {
  const message = `${file} is broken and mentions our plugin: it cannot be taken out`;
  return { code: 'BROKEN', severity: 'error', file, message, hint: 'mend the file, then remove again' };
}

function isALink(file: string): ChainFinding {
  const message = `${file} is a symbolic link: an atomic write would replace it`;
  return { code: 'IS_A_LINK', severity: 'error', file, message, hint: 'make it a file' };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
