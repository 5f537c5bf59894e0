import { execFileSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import type { Host } from '@tsnctl/lab';
import { NetlinkSocket } from '@tsnctl/linux';
import { type Link, listLinks, setLink } from '@tsnctl/netlink';

/** The driver of an adapter, a USB host of software, and the adapter that is plugged into it. */
const MODULES = ['cdc_ether', 'dummy_hcd', 'g_ether'];
const PATIENCE_MS = 60_000;

export interface WireEnd {
  readonly host: Host;
  readonly name: string;
}

/**
 * Two NICs and the wire between them, in one kernel: a USB network adapter of software and the host that it is plugged
 * into. Neither has a kind: they are hardware, as far as the rest of the kernel is concerned.
 */
export class UsbWire implements Disposable {
  /** Give each host one of the NICs, up. */
  static async plug(ends: readonly [WireEnd, WireEnd]): Promise<UsbWire> {
    using stack = new DisposableStack();
    const before = new Set(links().map(({ index }) => index));
    const wire = stack.use(new UsbWire());
    for (const module of MODULES) execFileSync('modprobe', [module]);
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const nics = links().filter(({ index }) => !before.has(index));
      if (nics.length === ends.length) {
        for (const [at, { host, name }] of ends.entries()) move(nics[at] as Link, host, name);
        stack.move();
        return wire;
      }
      if (performance.now() > deadline) throw new Error(`${nics.length} NICs have come, and not two`);
      await setTimeout(50);
    }
  }

  [Symbol.dispose](): void {
    execFileSync('modprobe', ['-r', ...MODULES.toReversed()]);
  }
}

function links(): Link[] {
  using socket = NetlinkSocket.open();
  return socket.request(listLinks());
}

function move({ index }: Link, host: Host, name: string): void {
  using socket = NetlinkSocket.open();
  socket.request(setLink({ index, up: false }));
  socket.request(setLink({ index, name, netnsFd: host.netns.fd }));
  host.up(name);
}
