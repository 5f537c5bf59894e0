import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NetlinkSocket } from '@tsnctl/linux';
import { deleteLink, getGenlFamily, listQdiscs, type NetlinkRequest, type Qdisc } from '@tsnctl/netlink';
import { queuesNeeded, readSchedule, toQdiscs } from '@tsnctl/schedule';
import { type TestNamespace, testNamespace } from '@tsnctl/testkit';
import type { DesiredTuning } from '../src/tune/model.ts';
import { ours } from '../src/tune/respec.ts';
import { Tuner } from '../src/tune/tuner.ts';

/** A namespace with a veth of several TX queues, and a tuner for it. */
export class TuneBench implements Disposable {
  readonly home: TestNamespace;
  readonly index: number;
  readonly tuner: Tuner;
  /** Where the tuner remembers. */
  readonly state: string;

  constructor({ queues = 4, bpffs }: { queues?: number; bpffs?: string } = {}) {
    this.home = testNamespace();
    this.state = mkdtempSync(join(tmpdir(), 'tsnctl-tune-'));
    this.index = this.home.add({
      kind: 'veth',
      name: 'nic0',
      numTxQueues: queues,
      numRxQueues: queues,
      peer: { name: 'wire0', numTxQueues: queues, numRxQueues: queues },
    });
    this.tuner = new Tuner(this.home.netns, 'nic0', {
      state: this.state,
      ...(bpffs !== undefined && { bpffs }),
    });
  }

  /** What stands there, without what only counts: to be compared. */
  qdiscs(): { kind: string; parent: number; handle: number; options: unknown }[] {
    const all = this.home.socket.request(listQdiscs({ index: this.index }));
    const root = all.find(({ parent }) => parent === 0xffff_ffff);
    const named: Qdisc[] = ours(all);
    return (named.length > 0 ? named : root ? [root] : []).map(({ kind, parent, handle, options }) => ({
      kind,
      parent,
      handle,
      options,
    }));
  }

  /** tc(8) in the namespace. */
  tc(words: string): void {
    this.home.netns.run(() => execFileSync('tc', words.split(' '), { stdio: 'pipe' }));
  }

  ethtool(request: (family: number) => NetlinkRequest<void>): void {
    using socket = NetlinkSocket.open({ netns: this.home.netns, protocol: 16 }); // NETLINK_GENERIC
    const [family] = socket.request(getGenlFamily({ name: 'ethtool' }));
    socket.request(request(family?.id ?? 0));
  }

  remove(): void {
    this.home.socket.request(deleteLink({ index: this.index }));
  }

  [Symbol.dispose](): void {
    this.home[Symbol.dispose]();
    rmSync(this.state, { recursive: true, force: true });
  }
}

/** What a schedule asks of the bench's NIC. */
export function wish(text: string): DesiredTuning {
  const { schedule } = readSchedule(text, { file: 's.yaml' });
  const queues = schedule.qdisc === 'taprio' || schedule.qdisc === 'mqprio';
  return {
    qdiscs: toQdiscs(schedule, { linkSpeed: 10_000_000_000n }),
    txQueues: queues ? queuesNeeded(schedule.classes) : 1,
  };
}
