import type { NetNs } from '@tsnctl/linux';
import { attachUplink } from '../intent.ts';
import { MetadataProxy } from '../metadata-proxy.ts';
import type { UplinkClock } from '../model.ts';
import { Pins } from '../pins.ts';

/** In which clock the restorer of an interface gives launch times; undefined where none is attached. */
export function uplinkClockOf(netns: NetNs, ifindex: number): UplinkClock | undefined {
  if (new Pins(netns.cookie).tableIds() === undefined) return undefined;
  using proxy = new MetadataProxy(netns);
  const { uplinks, attachments } = proxy.observe();
  const isAttached = attachments.some((one) => one.ifindex === ifindex && one.role === 'restorer');
  return isAttached ? uplinks.find((one) => one.ifindex === ifindex)?.clock : undefined;
}

export function setUplinkClock(netns: NetNs, name: string, clock: UplinkClock): void {
  using proxy = new MetadataProxy(netns);
  proxy.change(attachUplink(name, clock));
}
