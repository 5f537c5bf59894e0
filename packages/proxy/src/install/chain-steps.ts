import type { ChainPlan, ChainStep, ConfDir } from '@tsnctl/cni';
import { type Content, type InstallStep, NONE, type PathState } from './model.ts';
import { sha256 } from './sha256.ts';

/** A plan of the chain as steps of the node's. `lookUp` knows the directories of drop-ins. */
export function chainSteps(
  directory: string,
  dir: ConfDir,
  { steps }: ChainPlan,
  lookUp: (path: string) => PathState,
): InstallStep[] {
  const place = { directory, dir, lookUp };
  return steps.map((step) => makers[step.kind](step as never, place));
}

interface Place {
  readonly directory: string;
  readonly dir: ConfDir;
  readonly lookUp: (path: string) => PathState;
}

const makers: {
  [Kind in ChainStep['kind']]: (step: Extract<ChainStep, { kind: Kind }>, place: Place) => InstallStep;
} = {
  'make-directory': ({ path, mode, uid, gid }, { directory }) => ({
    do: 'put',
    path: `${directory}/${path}`,
    was: NONE,
    to: { kind: 'directory', mode, uid, gid },
    why: "for drop-ins to the runtime's list",
  }),
  'write-file': ({ path, bytes, mode, uid, gid, why }, { directory, dir }) => ({
    do: 'put',
    path: `${directory}/${path}`,
    was: stateOf(dir, path),
    to: { kind: 'file', sha256: sha256(bytes), mode, uid, gid },
    content: contentOf(bytes),
    why,
  }),
  'remove-file': ({ path, why }, { directory, dir }) => ({
    do: 'put',
    path: `${directory}/${path}`,
    was: stateOf(dir, path),
    to: NONE,
    why,
  }),
  'remove-directory': ({ path }, { directory, lookUp }) => ({
    do: 'put',
    path: `${directory}/${path}`,
    was: lookUp(`${directory}/${path}`),
    to: NONE,
    why: 'nothing is left in it',
  }),
  reload: (_, { directory }) => ({ do: 'reload-chain', directory }),
};

/** A runtime takes a list with bytes in it that are no text. */
function contentOf(bytes: Uint8Array): Content {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { latin1: Array.from(bytes, (byte) => String.fromCharCode(byte)).join('') };
  }
}

/** What a directory of the runtime's has at a path in it. */
function stateOf(dir: ConfDir, path: string): PathState {
  const [folder = '', name] = path.split('/');
  const files = name === undefined ? dir.files : (dir.dropIns[folder] ?? []);
  const file = files.find((it) => it.name === (name ?? folder));
  if (file === undefined) return NONE;
  const { bytes, mode, uid, gid } = file;
  return { kind: 'file', sha256: sha256(bytes), mode, uid, gid };
}
