import { attrs, i32, pad, struct, u8, u32 } from '@tsnctl/codec';
import { type NetlinkRequest, query } from './request.ts';
import { RTM_GETNSID } from './rtm.ts';

/**
 * By which number the asked namespace knows another one: the number in `Link.linkNetnsid`; undefined where it
 * knows it by none. `netnsFd` is a descriptor of the other one. Equivalent to: ip netns list-id
 */
export function getNsid({ netnsFd }: { readonly netnsFd: number }): NetlinkRequest<number | undefined> {
  return query(
    'ip netns list-id',
    RTM_GETNSID,
    nsidMessage,
    { family: 0, attrs: { fd: netnsFd } },
    ({ attrs }) => (attrs.nsid === NETNSA_NSID_NOT_ASSIGNED ? undefined : attrs.nsid),
    { dump: false },
  );
}

const NETNSA_NSID_NOT_ASSIGNED = -1;

// struct rtgenmsg in linux/rtnetlink.h, NETNSA_* in linux/net_namespace.h
const nsidMessage = struct({
  family: u8,
  _pad: pad(3),
  attrs: attrs({ nsid: [1, i32], fd: [3, u32] }),
});
