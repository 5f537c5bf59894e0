export { type Address, addAddress, listAddresses } from './address.ts';
export { decodeNetlinkError, type NetlinkFailure } from './error.ts';
export {
  addBpfFilter,
  deleteFilter,
  type Filter,
  type FilterHook,
  type FilterPlace,
  listFilters,
} from './filter.ts';
export { formatHandle, TC_H_CLSACT, TC_H_ROOT } from './handle.ts';
export { type Family, formatIp, type Prefix, parseIp, parsePrefix } from './ip.ts';
export type { BridgeData, BridgeSpec } from './link/bridge.ts';
export type { DummySpec } from './link/dummy.ts';
export type { IfbSpec } from './link/ifb.ts';
export type { CommonLinkSpec } from './link/kind.ts';
export type { LinkData, LinkSpec } from './link/kinds.ts';
export { decodeLink, type Link } from './link/link.ts';
export { addLink, deleteLink, getLink, type LinkChange, listLinks, setLink } from './link/requests.ts';
export type { VethSpec } from './link/veth.ts';
export type { VxlanData, VxlanSpec } from './link/vxlan.ts';
export {
  frame,
  messages,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_EXCL,
  NLM_F_MULTI,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_NOOP,
} from './message.ts';
export { addNeighbour } from './neighbour.ts';
export { getNsid } from './nsid.ts';
export type { QdiscFacts } from './qdisc/kind.ts';
export { qdiscFacts } from './qdisc/kinds.ts';
export { addQdisc, deleteQdisc, listQdiscs, type Qdisc, type QdiscSpec } from './qdisc/requests.ts';
export type { NetlinkRequest } from './request.ts';
export { addRoute, listRoutes, type Route, type RouteScope } from './route.ts';
export {
  RTM_DELLINK,
  RTM_DELQDISC,
  RTM_DELTFILTER,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWNEIGH,
  RTM_NEWQDISC,
  RTM_NEWROUTE,
  RTM_NEWTFILTER,
} from './rtm.ts';
