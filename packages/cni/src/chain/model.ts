import type { JsonObject } from '../json-type.ts';

/** A file of the runtime's configuration directory, or of one of the directories of drop-ins in it. */
export interface ConfFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** A symbolic link: an atomic write would put a file in its place. */
  readonly isLink?: boolean;
}

/** What is in the configuration directory: its files, and the directories of drop-ins by their name. */
export interface ConfDir {
  readonly files: readonly ConfFile[];
  readonly dropIns: Readonly<Record<string, readonly ConfFile[]>>;
}

/** What the plan has to know of the runtime. */
export interface RuntimeTraits {
  /**
   * containerd loads no network at all where the first file is broken (go-cni, loadFromConfDir); CRI-O goes on to
   * the next one (ocicni, loadNetworks).
   */
  readonly name: 'containerd' | 'cri-o';
  /** libcni 1.3 or newer: containerd 2.1, CRI-O 1.33. */
  readonly dropIns: boolean;
  /** CRI-O's cni_default_network. */
  readonly defaultNetwork?: string | undefined;
  /** containerd's max_conf_num; 0 means all. */
  readonly maxConfNum?: number | undefined;
}

export interface WantedChain {
  readonly runtime: RuntimeTraits;
  /** Our entry in the list: `ourConfig()` makes it. */
  readonly entry: JsonObject;
}

/** One change of the directory. Paths are relative to it; `previous` is what has to be there, or nothing may be. */
export type ChainStep =
  | {
      readonly kind: 'make-directory';
      readonly path: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {
      /** Beside it, under a name that no runtime reads, then renamed: readers see the old bytes or the new ones. */
      readonly kind: 'write-file';
      readonly path: string;
      readonly bytes: Uint8Array;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly previous: Uint8Array | undefined;
      readonly why: string;
    }
  | {
      readonly kind: 'remove-file';
      readonly path: string;
      readonly previous: Uint8Array;
      readonly why: string;
    }
  | { readonly kind: 'remove-directory'; readonly path: string }
  /** The runtime watches its directory, not those below: write and remove a file there, and it reads all anew. */
  | { readonly kind: 'reload' };

export interface ChainFinding {
  readonly code: ChainFindingCode;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  readonly hint?: string;
  readonly file?: string;
}

export type ChainFindingCode =
  | 'NO_NETWORK'
  | 'BROKEN'
  | 'ONLY_OURS'
  | 'NOT_LAST'
  | 'DUPLICATE'
  | 'NOT_PICKED'
  | 'SEVERAL_NETWORKS'
  | 'IS_A_LINK'
  | 'NAME_TAKEN'
  | 'MULTUS'
  | 'MULTUS_ALONE'
  | 'CILIUM'
  | 'CILIUM_EXCLUSIVE'
  | 'NO_BINARY';

export interface ChainPlan {
  /** The file whose network is chained, and how. */
  readonly target?: { readonly file: string; readonly network: string; readonly way: ChainWay };
  readonly steps: readonly ChainStep[];
  readonly findings: readonly ChainFinding[];
}

/** An entry in the primary's list, a file in the list's directory of drop-ins, or a list of ours made from a .conf. */
export type ChainWay = 'edit' | 'drop-in' | 'own-list';
