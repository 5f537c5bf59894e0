import type {
  BondData,
  GeneveData,
  GreData,
  IpipData,
  IpvlanData,
  Link,
  MacvlanData,
  NetkitData,
  VlanData,
} from '../src/index.ts';

type Json = Record<string, unknown>;

/** What a decoded link has of its kind, as `ip -d -j link show` has it in info_data; ports by their index. */
export function ipJson({ kind = '', data }: Link): Json | undefined {
  const json = dataOf[kind]?.(data as never);
  return json && Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined));
}

const dataOf: Record<string, (data: never) => Json> = {
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
