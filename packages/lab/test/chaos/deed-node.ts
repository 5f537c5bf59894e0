import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { planChainRemove } from '@tsnctl/cni';
import { NetNs } from '@tsnctl/linux';
import { type Agent, changeChain, detachAll, MetadataProxy, Tuner } from '@tsnctl/proxy';
import { CONF_DIR, FileNode } from '../../../proxy/test/install-node.ts';
import { NIC } from '../../src/stage.ts';

/** Where a node is, so that another process finds it. */
export interface DeedPlace {
  readonly netns: string;
  readonly bpffs: string;
  /** Of its files; see FileNode. */
  readonly directory: string;
}

/** A node as deeds see it: its namespace, pins and files, from this process or another one. */
export class DeedNode implements AsyncDisposable {
  readonly netns: NetNs;
  readonly bpffs: string;
  readonly proxy: MetadataProxy;
  readonly files: FileNode;
  readonly tuner: Tuner;
  /** As `tsnctl agent` runs, where a deed has started one. */
  agent: Agent | undefined;

  constructor({ netns, bpffs, directory }: DeedPlace) {
    this.netns = NetNs.open(netns);
    this.bpffs = bpffs;
    this.proxy = new MetadataProxy(this.netns, { bpffs });
    this.files = FileNode.open(directory, { netns: this.netns, bpffs });
    this.tuner = new Tuner(this.netns, NIC, { state: join(directory, 'tune'), bpffs });
  }

  get state(): string {
    return join(this.files.directory, 'run/attachments');
  }

  get socket(): string {
    return join(this.files.directory, 'run/agent.sock');
  }

  /** Of the runtime. */
  get lists(): string {
    return join(this.files.root, CONF_DIR);
  }

  /** Nothing of ours any more. */
  async clean(): Promise<void> {
    await this.files.install().uninstall();
    changeChain(this.lists, planChainRemove);
    if (this.tuner.isTuned) this.tuner.undo();
    this.proxy.change(detachAll());
    for (const name of ['run', 'tune']) {
      rmSync(join(this.files.directory, name), { recursive: true, force: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.proxy[Symbol.dispose]();
    this.netns[Symbol.dispose]();
  }
}
