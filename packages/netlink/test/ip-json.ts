import type {
  Address,
  BondData,
  BridgeData,
  GeneveData,
  GreData,
  IpipData,
  IpvlanData,
  Link,
  MacvlanData,
  NetkitData,
  Route,
  VlanData,
  VxlanData,
} from '../src/index.ts';

type Json = Record<string, unknown>;

/** What a decoded link has of its kind, as `ip -d -j link show` has it in info_data; ports by their index. */
export function ipJson({ kind = '', data }: Link): Json | undefined {
  const json = dataOf[kind]?.(data as never);
  return json && present(json);
}

const dataOf: Record<string, (data: never) => Json> = {
  bridge: ({ boolOptions, groupFwdMask, unknown: _, vlanProtocol: __, ...it }: BridgeData) => ({
    ...Object.fromEntries(Object.entries(it).map(([name, value]) => [snake(name), numeric(value)])),
    group_fwd_mask: groupFwdMask?.toString(16),
    no_linklocal_learn: Number(((boolOptions?.value ?? 0) & 1) !== 0),
    mcast_vlan_snooping: Number(((boolOptions?.value ?? 0) & 2) !== 0),
    mst_enabled: Number(((boolOptions?.value ?? 0) & 4) !== 0),
    // built without VLANs, it has none of these
    vlan_filtering: it.vlanFiltering ?? 0,
  }),
  vxlan: ({
    unknown: _,
    limit,
    label,
    ttlInherit,
    labelPolicy,
    ageingS,
    reservedBits,
    df,
    tos,
    ...it
  }: VxlanData) => ({
    ...Object.fromEntries(
      Object.entries(it).map(([name, value]) => [snake(name), vxlanFlags.has(name) ? value === 1 : value]),
    ),
    df: ['unset', 'set', 'inherit'][df ?? 0],
    tos: tos ? `0x${tos.toString(16)}` : undefined,
    ageing: ageingS,
    reserved_bits: reservedBits === undefined ? undefined : `0x${reservedBits.toString(16)}`,
  }),
  vlan: ({ protocol, id, flags, ingressQos, egressQos }: VlanData) => ({
    protocol,
    id,
    flags: Object.entries({ REORDER_HDR: 1, GVRP: 2 }).flatMap(([name, bit]) =>
      (flags?.flags ?? 0) & bit ? [name] : [],
    ),
    ingress_qos: ingressQos,
    egress_qos: egressQos,
  }),
  bond: (it: BondData) => ({
    mode: it.mode,
    active_slave: it.activeSlave,
    miimon: it.miimonMs,
    updelay: it.updelayMs,
    downdelay: it.downdelayMs,
    peer_notify_delay: it.peerNotifDelayMs,
    use_carrier: it.useCarrier,
    arp_interval: it.arpIntervalMs,
    arp_missed_max: it.missedMax,
    arp_validate: it.arpValidate === 0 ? null : it.arpValidate,
    arp_all_targets: ['any', 'all'][it.arpAllTargets ?? 0],
    primary_reselect: ['always', 'better', 'failure'][it.primaryReselect ?? 0],
    fail_over_mac: it.failOverMac,
    xmit_hash_policy: it.xmitHashPolicy,
    resend_igmp: it.resendIgmp,
    num_peer_notif: it.numPeerNotif,
    all_slaves_active: it.allSlavesActive,
    min_links: it.minLinks,
    lp_interval: it.lpIntervalS,
    packets_per_slave: it.packetsPerSlave,
    ad_lacp_active: it.lacpActive ? 'on' : 'off',
    ad_lacp_rate: it.lacpRate,
    coupled_control: it.coupledControl === undefined ? undefined : it.coupledControl !== 0,
    ad_select: ['stable', 'bandwidth', 'count'][it.adSelect ?? 0],
    ad_actor_sys_prio: it.adActorSysPrio,
    ad_user_port_key: it.adUserPortKey,
    ad_actor_system: it.adActorSystem,
    tlb_dynamic_lb: it.tlbDynamicLb,
  }),
  macvlan: (it: MacvlanData) => ({
    mode: it.mode,
    bcqueuelen: it.bcQueueLen,
    usedbcqueuelen: it.bcQueueLenUsed,
  }),
  ipvlan: ({ mode, isolation }: IpvlanData) => ({ mode, [String(isolation)]: true }),
  geneve: (it: GeneveData) => ({
    external: it.external,
    id: it.id,
    remote: it.remote,
    remote6: it.remote6,
    ttl: it.ttl,
    tos: it.tos ? `0x${it.tos.toString(16)}` : undefined,
    df: ['unset', 'set', 'inherit'][it.df ?? 0],
    port: it.port,
    udp_csum: it.udpCsum === undefined ? undefined : it.udpCsum !== 0,
    udp_zero_csum6_tx: it.udpZeroCsum6Tx === undefined ? undefined : it.udpZeroCsum6Tx !== 0,
    udp_zero_csum6_rx: it.udpZeroCsum6Rx === undefined ? undefined : it.udpZeroCsum6Rx !== 0,
  }),
  ipip: (it: IpipData) => ({ proto: it.proto === 0 ? 'any' : it.proto, ...tunnel(it) }),
  gre,
  gretap: gre,
  netkit: (it: NetkitData) => ({
    mode: it.mode,
    type: it.primary ? 'primary' : 'peer',
    policy: it.policy,
    peer_policy: it.peerPolicy,
    scrub: it.scrub,
    peer_scrub: it.peerScrub,
  }),
};

const vxlanFlags = new Set([
  'external',
  'learning',
  'proxy',
  'rsc',
  'l2miss',
  'l3miss',
  'udpCsum',
  'udpZeroCsum6Tx',
  'udpZeroCsum6Rx',
  'remcsumTx',
  'remcsumRx',
  'localbypass',
  'vnifilter',
]);

/** forwardDelay as forward_delay */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function numeric(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function gre(it: GreData): Json {
  return {
    ...tunnel(it),
    ikey: it.iflags ? `0.0.0.${it.ikey}` : undefined,
    okey: it.oflags ? `0.0.0.${it.okey}` : undefined,
  };
}

function tunnel({ local, remote, ttl, pmtudisc, link }: IpipData | GreData): Json {
  const end = (address: string | undefined) => (address === '0.0.0.0' ? 'any' : address);
  return {
    remote: end(remote),
    local: end(local),
    ttl,
    pmtudisc: pmtudisc !== 0,
    link: link || undefined,
  };
}

const scopes: Record<number, string> = { 0: 'global', 253: 'link', 254: 'host' };
const addressFlags = { nodad: 0x02, tentative: 0x40, noprefixroute: 0x200 };
const IFA_F_PERMANENT = 0x80;
const addressProtocols: Record<number, string> = { 1: 'kernel_lo', 2: 'kernel_ra', 3: 'kernel_ll' };

/** A decoded address as `ip -d -j addr show` has it in addr_info. */
export function addressJson(it: Address): Json {
  const [local, length] = it.address.split('/');
  const flags = Object.entries(addressFlags).filter(([, bit]) => it.flags & bit);
  return present({
    family: it.family === 4 ? 'inet' : 'inet6',
    local,
    address: it.peer,
    prefixlen: Number(length),
    broadcast: it.broadcast,
    scope: scopes[it.scope],
    ...Object.fromEntries(flags.map(([name]) => [name, true])),
    dynamic: it.flags & IFA_F_PERMANENT ? undefined : true,
    protocol: addressProtocols[it.protocol ?? 0],
    label: it.label,
    valid_life_time: it.validS,
    preferred_life_time: it.preferredS,
  });
}

const tables: Record<number, string> = { 254: 'main', 255: 'local' };
const routeTypes: Record<number, string> = {
  1: 'unicast',
  2: 'local',
  3: 'broadcast',
  5: 'multicast',
  6: 'blackhole',
  7: 'unreachable',
  8: 'prohibit',
};
const routeProtocols: Record<number, string> = { 2: 'kernel', 3: 'boot', 4: 'static' };
const RTNH_F_ONLINK = 4;

/** A decoded route as `ip -d -j route show table all` has it; `nameOf` names a device. */
export function routeJson(it: Route, nameOf: (index: number) => string | undefined): Json {
  const host = it.family === 4 ? '/32' : '/128';
  return present({
    type: routeTypes[it.type],
    dst: it.destination.endsWith(host) ? it.destination.slice(0, -host.length) : it.destination,
    gateway: it.via,
    dev: it.index === undefined ? undefined : nameOf(it.index),
    table: tables[it.table] ?? String(it.table),
    protocol: routeProtocols[it.protocol],
    scope: scopes[it.scope],
    prefsrc: it.source,
    metric: it.priority,
    flags: it.flags & RTNH_F_ONLINK ? ['onlink'] : [],
    metrics: it.mtu === undefined ? undefined : [{ mtu: it.mtu }],
    expires: it.expiresS,
    pref: it.preference,
  });
}

function present(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined));
}
