export {
  type Address,
  type AddressSpec,
  addAddress,
  deleteAddress,
  listAddresses,
  replaceAddress,
} from './address.ts';
export {
  addClass,
  type ClassSpec,
  changeClass,
  decodeClass,
  deleteClass,
  isClass,
  listClasses,
  replaceClass,
  type TrafficClass,
} from './class.ts';
export { decodeNetlinkError, type NetlinkFailure } from './error.ts';
export {
  type ChannelCounts,
  type Channels,
  channelsCommand,
  channelsFor,
  getChannels,
  setChannels,
} from './ethtool/channels.ts';
export { type Features, getFeatures, setFeatures } from './ethtool/features.ts';
export { getLinkModes, type LinkModes } from './ethtool/link-modes.ts';
export { getLinkState, type LinkState } from './ethtool/link-state.ts';
export type { EthtoolTarget } from './ethtool/message.ts';
export { getTsInfo, type TsInfo } from './ethtool/ts-info.ts';
export { decodeEvent, type EventGroup, eventGroups, type NetlinkEvent } from './events.ts';
export type { BpfFilter } from './filter/bpf.ts';
export type { MatchallFilter } from './filter/matchall.ts';
export {
  addBpfFilter,
  addMatchallFilter,
  deleteFilter,
  type Filter,
  type FilterHook,
  type FilterPlace,
  listFilters,
} from './filter/requests.ts';
export { type GenlFamily, getGenlFamily } from './genl.ts';
export { formatHandle, TC_H_CLSACT, TC_H_ROOT } from './handle.ts';
export { type Family, formatIp, type Prefix, parseIp, parsePrefix } from './ip.ts';
export type { BondData, BondMode, BondOptions, BondSpec } from './link/bond.ts';
export type { BridgeData, BridgeSpec } from './link/bridge.ts';
export type { DummySpec } from './link/dummy.ts';
export type { GeneveData, GeneveSpec } from './link/geneve.ts';
export type { GreData, GreSpec } from './link/gre.ts';
export type { IfbSpec } from './link/ifb.ts';
export type { IpipData, IpipSpec } from './link/ipip.ts';
export type { IpvlanData, IpvlanSpec } from './link/ipvlan.ts';
export type { CommonLinkSpec } from './link/kind.ts';
export type { LinkData, LinkSpec } from './link/kinds.ts';
export { decodeLink, type Link, type XdpMode } from './link/link.ts';
export type { MacvlanData, MacvlanSpec } from './link/macvlan.ts';
export type { NetkitData, NetkitSpec } from './link/netkit.ts';
export {
  addLink,
  deleteLink,
  getLink,
  type LinkChange,
  type LinkOptions,
  listLinks,
  setLink,
  setLinkOptions,
} from './link/requests.ts';
export type { VethSpec } from './link/veth.ts';
export type { VlanData, VlanOptions, VlanQos, VlanSpec } from './link/vlan.ts';
export type { VxlanData, VxlanSpec } from './link/vxlan.ts';
export type { WireguardSpec } from './link/wireguard.ts';
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
export type { BfifoOptions } from './qdisc/bfifo.ts';
export type { CbsOptions } from './qdisc/cbs.ts';
export type { Clock } from './qdisc/clock.ts';
export { classPriorities, describeQdiscOptions } from './qdisc/describe.ts';
export type { EtfOptions } from './qdisc/etf.ts';
export type { FqOptions, FqStats } from './qdisc/fq.ts';
export type { FqCodelOptions, FqCodelStats } from './qdisc/fq-codel.ts';
export type { HtbOptions, HtbStats } from './qdisc/htb.ts';
export type { HtbClassOptions } from './qdisc/htb-class.ts';
export type { QdiscFacts } from './qdisc/kind.ts';
export { type ClassOptions, type QdiscAppStats, type QdiscOptions, qdiscFacts } from './qdisc/kinds.ts';
export type { MqprioOptions, MqprioPreemption } from './qdisc/mqprio.ts';
export type { PfifoOptions } from './qdisc/pfifo.ts';
export type { FramePreemption } from './qdisc/preemption.ts';
export type { PrioOptions } from './qdisc/prio.ts';
export { describePriorities, formatPriorities } from './qdisc/priorities.ts';
export type { PriorityMap, QueueRange } from './qdisc/priority-map.ts';
export type { RateAccounting } from './qdisc/rate.ts';
export {
  addQdisc,
  changeQdisc,
  decodeQdisc,
  deleteQdisc,
  isQdisc,
  listQdiscs,
  type Qdisc,
  type QdiscSpec,
  replaceQdisc,
} from './qdisc/requests.ts';
export type { TaprioClass, TaprioEntry, TaprioOptions, TaprioSchedule } from './qdisc/taprio.ts';
export type { TbfOptions } from './qdisc/tbf.ts';
export { txQueueStats } from './qdisc/tx-queues.ts';
export type { NetlinkRequest } from './request.ts';
export {
  addRoute,
  deleteRoute,
  listRoutes,
  type Route,
  type RouteSpec,
  type RouteType,
  replaceRoute,
} from './route.ts';
export {
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_DELQDISC,
  RTM_DELROUTE,
  RTM_DELTFILTER,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWNEIGH,
  RTM_NEWQDISC,
  RTM_NEWROUTE,
  RTM_NEWTCLASS,
  RTM_NEWTFILTER,
} from './rtm.ts';
export type { RouteScope } from './scope.ts';
export type { TcStats } from './tc-stats.ts';
export { setWireguard, type WireguardConfig, type WireguardPeer } from './wireguard.ts';
