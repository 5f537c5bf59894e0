import { expect } from 'vitest';
import { FileNode } from '../../../proxy/test/install-node.ts';
import type { Lab } from '../../src/lab.ts';
import { Plane } from '../plane.ts';
import type { Deed } from './deed.ts';
import { DeedNode, type DeedPlace } from './deed-node.ts';

/** Where deeds are done: packets pass, and the node has files. */
export class DeedStage {
  readonly plane: Plane;
  readonly node: DeedNode;
  readonly place: DeedPlace;
  readonly #files: Record<string, string>;

  /** `disk`: the directory that the node's files are in; one of its own unless told. */
  constructor(lab: Lab, disk?: string) {
    // Filters come after links, so an observer that is a filter is behind both.
    this.plane = new Plane(lab, { via: 'clsact' });
    const files = disk === undefined ? lab.use(new FileNode()) : FileNode.in(disk);
    const netns = `/run/netns/${this.plane.stage.node.name}`;
    this.place = { netns, bpffs: lab.bpffs, directory: files.directory };
    this.node = lab.use(new DeedNode(this.place));
    this.#files = files.snapshot();
  }

  /** A node that has nothing of ours, byte for byte. */
  async clean(): Promise<void> {
    await this.node.clean();
    expect(this.node.files.snapshot()).toEqual(this.#files);
    expect(this.node.proxy.observe()).toMatchObject({ attachments: [], tables: false, stale: [] });
  }

  /** To what there is before a deed. */
  async prepare(deed: Deed): Promise<void> {
    await this.clean();
    await deed.prepare(this.node, this.plane.stage);
  }

  /** What was begun is brought to its end, and nothing is left to do. */
  async mend(deed: Deed): Promise<void> {
    await (deed.mend ?? deed.run)(this.node);
    expect(deed.left(this.node)).toEqual([]);
  }
}
