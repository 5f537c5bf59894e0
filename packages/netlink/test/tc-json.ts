import {
  type CbsOptions,
  type Clock,
  type EtfOptions,
  type FqCodelOptions,
  type FqCodelStats,
  type FqOptions,
  type FqStats,
  formatHandle,
  type HtbOptions,
  type MqprioOptions,
  type PrioOptions,
  type Qdisc,
  type TaprioOptions,
  type TaprioSchedule,
  type TbfOptions,
  TC_H_ROOT,
  type TcStats,
  type TrafficClass,
} from '../src/index.ts';

type Json = Record<string, unknown>;

/** A decoded qdisc as `tc -s -d -j qdisc show` of iproute2 6.15 has it, but for its reference count and its device. */
export function tcJson({ kind, handle, parent, options, stats }: Qdisc): Json {
  return present({
    kind,
    handle: `${(handle >>> 16).toString(16)}:`,
    ...(parent === TC_H_ROOT ? { root: true } : { parent: parentName(parent) }),
    options: present(options === undefined ? {} : (optionsOf[kind]?.(options as never) ?? {})),
    ...(stats && countersOf(stats)),
    ...present(appOf[kind]?.(stats?.app as never) ?? {}),
  });
}

export function countersOf({ bytes, packets, drops, overlimits, requeues, backlog, qlen }: TcStats): Json {
  return {
    bytes: Number(bytes),
    packets: Number(packets),
    drops,
    overlimits,
    requeues,
    backlog,
    qlen,
  };
}

function parentName(parent: number): string {
  return formatHandle(parent) === 'clsact' ? 'ffff:fff1' : formatHandle(parent);
}

const optionsOf: Record<string, (options: never) => Json> = {
  taprio: (it: TaprioOptions) => ({
    tc: it.numTc,
    map: it.map,
    queues: it.queues?.map(({ count, offset }) => ({ offset, count })),
    clockid: clockName(it.clockid),
    flags: `0x${it.flags?.toString(16)}`,
    txtime_delay: it.txtimeDelayNs,
    ...scheduleOf(it),
    admin: it.admin && scheduleOf(it.admin),
    'max-sdu': it.classes?.map(({ maxSduBytes }) => maxSduBytes),
    fp: it.classes?.every(({ preemption }) => preemption === 'express')
      ? it.classes.map(() => 'E')
      : undefined,
  }),
  mqprio: (it: MqprioOptions) => ({
    tc: it.numTc,
    map: it.map,
    queues: it.queues?.map(({ count, offset }) => [offset, offset + count - 1]),
    mode: it.mode,
    shaper: it.shaper,
    fp: it.preemption?.map(({ preemption }) => (preemption === 'express' ? 'E' : 'P')),
  }),
  etf: (it: EtfOptions) => ({
    clockid: clockName(it.clockid),
    delta: it.deltaNs,
    offload: it.offload ? 'on' : 'off',
    deadline_mode: it.deadlineMode ? 'on' : 'off',
    skip_sock_check: it.skipSockCheck ? 'on' : 'off',
  }),
  cbs: (it: CbsOptions) => ({
    hicredit: it.hicreditBytes,
    locredit: it.locreditBytes,
    sendslope: it.sendslopeKbps,
    idleslope: it.idleslopeKbps,
    offload: Number(it.offload),
  }),
  fq: (it: FqOptions) => ({
    limit: it.limitPackets,
    flow_limit: it.flowLimitPackets,
    buckets: it.buckets,
    orphan_mask: it.orphanMask,
    pacing: it.pacing ? undefined : false,
    bands: it.bands?.bands,
    // so tc 6.15 spells these two, with a space
    'priomap ': it.bands?.priomap,
    'weights ': it.weights,
    quantum: it.quantumBytes,
    initial_quantum: it.initialQuantumBytes,
    maxrate: unlessAllOnes(it.maxRateBps),
    low_rate_threshold: it.lowRateThresholdBps,
    refill_delay: it.refillDelayUs,
    ce_threshold: unlessAllOnes(it.ceThresholdUs),
    timer_slack: it.timerSlackNs,
    horizon: it.horizonUs,
    [it.horizonDrop ? 'horizon_drop' : 'horizon_cap']: null,
  }),
  fq_codel: (it: FqCodelOptions) => ({
    limit: it.limitPackets,
    flows: it.flows,
    quantum: it.quantumBytes,
    target: it.targetUs,
    ce_threshold: it.ceThresholdUs,
    interval: it.intervalUs,
    memory_limit: it.memoryLimitBytes,
    ecn: it.ecn || undefined,
    drop_batch: it.dropBatch,
  }),
  tbf: (it: TbfOptions) => ({
    rate: Number(it.rateBps),
    mpu: it.mpuBytes,
    lat: latencyOf(it),
    overhead: it.overheadBytes || undefined,
    linklayer: it.linkLayer,
  }),
  htb: (it: HtbOptions) => ({
    r2q: it.rateToQuantum,
    default: `0x${it.defaultClass?.toString(16)}`,
    direct_packets_stat: it.directPackets,
    direct_qlen: it.directQueuePackets,
  }),
  prio: priority,
  pfifo_fast: priority,
  pfifo: ({ limitPackets }: { limitPackets: number }) => ({ limit: limitPackets }),
  bfifo: ({ limitBytes }: { limitBytes: number }) => ({ limit: limitBytes }),
};

const appOf: Record<string, (stats: never) => Json> = {
  fq: (it: FqStats) => ({
    flows: it.flows,
    inactive: it.inactiveFlows,
    // tc has two of this name, and JSON.parse takes the second: not the flows, but how often one was
    throttled: Number(it.throttled),
    ...Object.fromEntries((it.bandPktCount ?? []).map((count, i) => [`band${i}_pkts`, count])),
    gc: Number(it.gcFlows),
    highprio: Number(it.highprioPackets),
    fastpath: it.fastpathPackets ? Number(it.fastpathPackets) : undefined,
  }),
  fq_codel: (it: FqCodelStats) =>
    'maxpacket' in it
      ? {
          maxpacket: it.maxpacket,
          drop_overlimit: it.dropOverlimit,
          new_flow_count: it.newFlowCount,
          ecn_mark: it.ecnMark,
          new_flows_len: it.newFlowsLen,
          old_flows_len: it.oldFlowsLen,
        }
      : {},
};

/** What tc makes of the limit: how long the last packet waits. */
function latencyOf({ rateBps, burstBytes, limitBytes, peakRateBps, mtuBytes = 0 }: TbfOptions): number {
  const wait = (rate: bigint, burst: number) => Math.trunc((1e6 * (limitBytes - burst)) / Number(rate));
  const latency = wait(rateBps, burstBytes);
  return peakRateBps === undefined ? latency : Math.max(latency, wait(peakRateBps, mtuBytes));
}

/** A decoded class of htb as `tc -s -d -j class show` has it, but for its place. */
export function htbClassJson({ options, stats }: TrafficClass<'htb'>): Json {
  if (options === undefined || options instanceof Uint8Array) throw new Error('a class of htb has options');
  const isLeaf = options.level === 0;
  const { lends, borrows, giants, tokens, ctokens } = stats?.app ?? {};
  return present({
    prio: isLeaf ? options.prio : undefined,
    quantum: isLeaf ? options.quantumBytes : undefined,
    rate: Number(options.rateBps),
    overhead: options.overheadBytes || undefined,
    ceil: Number(options.ceilBps),
    linklayer: options.linkLayer,
    burst: options.burstBytes,
    burst_cell: 1,
    mpu_rate: options.mpuBytes,
    cburst: options.cburstBytes,
    cburst_cell: 1,
    mpu_ceil: options.mpuBytes,
    level: options.level,
    stats: stats && { ...countersOf(stats), lended: lends, borrowed: borrows, giants, tokens, ctokens },
  });
}

function scheduleOf({ baseTimeNs, cycleTimeNs, cycleTimeExtensionNs, entries }: TaprioSchedule): Json {
  return {
    base_time: Number(baseTimeNs),
    cycle_time: Number(cycleTimeNs),
    cycle_time_extension: Number(cycleTimeExtensionNs),
    schedule: entries?.map(({ command, gateMask, intervalNs }, index) => ({
      index,
      cmd: command,
      gatemask: `0x${gateMask.toString(16)}`,
      interval: intervalNs,
    })),
  };
}

function priority({ bands, priomap }: PrioOptions): Json {
  return { bands, priomap, multiqueue: false };
}

function clockName(clock: Clock | undefined): string {
  return String(clock).replace('CLOCK_', '');
}

function unlessAllOnes(value: number | undefined): number | undefined {
  return value === 0xffff_ffff ? undefined : value;
}

function present(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined));
}
