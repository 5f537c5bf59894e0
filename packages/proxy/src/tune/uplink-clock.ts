import type { NetNs } from '@tsnctl/linux';
import { attachUplink } from '../intent.ts';
import { MetadataProxy } from '../metadata-proxy.ts';
import type { UplinkClock } from '../model.ts';
import { Pins } from '../pins.ts';

/** In which clock the restorer of an interface gives launch times; undefined where none is attached. */
export function uplinkClockOf(netns: NetNs, ifindex: number, bpffs?: string): UplinkClock | undefined {
  if (new Pins(netns.cookie, bpffs).tableIds() === undefined) return undefined;
  using proxy = new MetadataProxy(netns, options(bpffs));
  const { uplinks, attachments } = proxy.observe();
  const isAttached = attachments.some((one) => one.ifindex === ifindex && one.role === 'restorer');
  return isAttached ? uplinks.find((one) => one.ifindex === ifindex)?.clock : undefined;
}

export function setUplinkClock(netns: NetNs, name: string, clock: UplinkClock, bpffs?: string): void {
  using proxy = new MetadataProxy(netns, options(bpffs));
  proxy.change(attachUplink(name, clock));
}

function options(bpffs: string | undefined): { bpffs?: string } {
  return bpffs === undefined ? {} : { bpffs };
}
