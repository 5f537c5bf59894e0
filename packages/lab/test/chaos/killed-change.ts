// A process that is killed at one moment of a plan: nothing in it can be prepared for that.
import { NetNs } from '@tsnctl/linux';
import { type FaultPoint, MetadataProxy } from '@tsnctl/proxy';
import { FileNode } from '../../../proxy/test/install-node.ts';
import { CHANGES } from './changes.ts';

export interface KilledChange {
  readonly netns: string;
  readonly bpffs: string;
  readonly at: number;
  readonly when: 'before' | 'after';
  /** A change of the data plane, by its name; or of an installed node, by its directory. */
  readonly what:
    | { readonly change: string }
    | {
        readonly node: string;
        readonly verb: 'install' | 'upgrade' | 'uninstall';
        readonly version: string;
      };
}

const { netns, bpffs, at, when, what }: KilledChange = JSON.parse(process.argv[2] ?? '');
const faultPoint = (point: Pick<FaultPoint<unknown>, 'at' | 'when'>) => {
  if (point.at === at && point.when === when) process.kill(process.pid, 'SIGKILL');
};
using handle = NetNs.open(netns);
if ('change' in what) {
  using proxy = new MetadataProxy(handle, { bpffs, faultPoint });
  const desired = CHANGES[what.change]?.to;
  if (desired) proxy.change(() => desired);
} else {
  const node = FileNode.open(what.node, { netns: handle, bpffs });
  const install = node.install(faultPoint);
  if (what.verb === 'uninstall') await install.uninstall();
  else await install.install(what.verb, node.desired(what.version));
}
