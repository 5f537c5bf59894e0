import type { ChainFinding, ConfDir, JsonObject, RuntimeTraits } from '@tsnctl/cni';

/** What lies at a path of the node. A file is known by its bytes' hash; times do not count. */
export type PathState =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'file'; readonly sha256: string } & Owned)
  | ({ readonly kind: 'directory' } & Owned)
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'other' };

export interface Owned {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export const NONE: PathState = { kind: 'none' };

/** Where a file's bytes come from: from the plan itself, from another file, or from what the journal kept. */
export type Content =
  | { readonly text: string }
  /** What is no text, a character for each byte. */
  | { readonly latin1: string }
  | { readonly copyOf: string }
  | { readonly kept: string };

/** A file of the bundle, as its manifest has it. */
export interface BundleFile {
  readonly path: string;
  readonly mode: number;
  readonly sha256: string;
  readonly size: number;
}

/** What is copied to a node. */
export interface Bundle {
  readonly version: string;
  readonly arch: string;
  /** The oldest major version of Node that runs it. */
  readonly node: number;
  readonly files: readonly BundleFile[];
}

/** One change of the node: data, carried out by `performInstall`. Paths are the node's own, below its root. */
export type InstallStep =
  | {
      /** Make `path` what `to` says: a directory, a file, a link, or nothing. It has to be `was` before. */
      readonly do: 'put';
      readonly path: string;
      readonly was: PathState;
      readonly to: PathState;
      readonly content?: Content;
      readonly why: string;
    }
  | {
      /** All files of a bundle, beside the place and then renamed: it is there as a whole, or not. */
      readonly do: 'put-tree';
      readonly path: string;
      readonly from: string;
      readonly files: readonly BundleFile[];
      readonly owner: { readonly uid: number; readonly gid: number };
    }
  | {
      /** These files and the directories that are empty then; what others have put there stays. */
      readonly do: 'remove-tree';
      readonly path: string;
      readonly files: readonly BundleFile[];
    }
  /** The runtime watches its directory, not those below: it is made to read all again. */
  | { readonly do: 'reload-chain'; readonly directory: string }
  | { readonly do: 'reload-units' }
  | { readonly do: 'start-unit'; readonly unit: string }
  | { readonly do: 'stop-unit'; readonly unit: string }
  | { readonly do: 'restart-unit'; readonly unit: string }
  | { readonly do: 'wait-ready'; readonly socket: string; readonly timeoutMs: number }
  /** Load every program anew and put it in its predecessor's place. */
  | { readonly do: 'renew-programs' }
  | { readonly do: 'detach-all' }
  /** What the agent leaves in /run: its socket and records. */
  | { readonly do: 'remove-runtime-state'; readonly directory: string }
  /** With the node's state directory, where that is empty then. */
  | { readonly do: 'remove-journal'; readonly directory: string };

export type StepKind = InstallStep['do'];
export type StepOf<Kind extends StepKind> = Extract<InstallStep, { do: Kind }>;

/** Where things are on a node. */
export interface InstallPaths {
  /** One folder for each version, and `current`, a link to the one that is used. */
  readonly programs: string;
  readonly command: string;
  /** Of this name kubectl finds it in the PATH: `kubectl tsnctl`. */
  readonly kubectlPlugin: string;
  readonly config: string;
  readonly unit: string;
  readonly unitWanted: string;
  readonly plugin: string;
  readonly state: string;
  readonly journal: string;
  readonly runtime: string;
  readonly socket: string;
}

export interface ObservedNode {
  /** Of every path that was asked for. */
  readonly paths: Readonly<Record<string, PathState>>;
  /** Versions in the programs' folder, with what is left of their files; by their folder. */
  readonly trees: Readonly<Record<string, readonly BundleFile[]>>;
  /** The runtime's configuration directories that are there. */
  readonly chains: Readonly<Record<string, ConfDir>>;
  /** systemd is the first process of this node. */
  readonly systemd: boolean;
  readonly unitActive: boolean;
  /** Programs that are attached. */
  readonly attachments: number;
  readonly runtimeState: boolean;
  /** What an interrupted plan of this boot has left to do. */
  readonly unfinished: readonly InstallStep[];
}

export interface DesiredNode {
  readonly bundle: Bundle;
  /** The folder that it is copied from. */
  readonly from: string;
  /** The Node that runs it: copied, or only pointed to; left as it is where nothing is said. */
  readonly node?: { readonly copyOf: string; readonly sha256: string } | { readonly link: string };
  readonly paths: InstallPaths;
  readonly owner: { readonly uid: number; readonly gid: number };
  /** The text for a node that has none. */
  readonly config: string;
  readonly unit: boolean;
  /** The CNI plugin alone: the agent runs in a pod, and keeps the chain itself. */
  readonly pluginOnly?: boolean;
  /** Nothing where no chain is wanted. */
  readonly chain?: {
    readonly directory: string;
    readonly runtime: RuntimeTraits;
    readonly entry: JsonObject;
  };
  /** How long to wait until the agent answers; 0: not at all. */
  readonly readyTimeoutMs: number;
}

/** Something of which the plan keeps its hands off, and why. */
export interface LeftAlone {
  readonly path: string;
  readonly why: string;
}

export interface InstallPlan {
  readonly steps: readonly InstallStep[];
  readonly left: readonly LeftAlone[];
  /** What the runtime's directory is found to have: no network yet, a primary that takes our entry out again. */
  readonly findings: readonly ChainFinding[];
}
