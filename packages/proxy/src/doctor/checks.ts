import type { Check } from './check.ts';
import { agent } from './checks/agent.ts';
import { bond } from './checks/bond.ts';
import { bpffs } from './checks/bpffs.ts';
import { btf } from './checks/btf.ts';
import { cgroup } from './checks/cgroup.ts';
import { chain } from './checks/chain.ts';
import { cilium } from './checks/cilium.ts';
import { clocks } from './checks/clocks.ts';
import { cpus } from './checks/cpus.ts';
import { defaultQdisc } from './checks/default-qdisc.ts';
import { foreign } from './checks/foreign.ts';
import { forwarding } from './checks/forwarding.ts';
import { kernel } from './checks/kernel.ts';
import { libbpf } from './checks/libbpf.ts';
import { netkit } from './checks/netkit.ts';
import { nic } from './checks/nic.ts';
import { nonIp } from './checks/non-ip.ts';
import { offloads } from './checks/offloads.ts';
import { privileges } from './checks/privileges.ts';
import { qdiscs } from './checks/qdiscs.ts';
import { queues } from './checks/queues.ts';
import { restorers } from './checks/restorers.ts';
import { sandboxes } from './checks/sandboxes.ts';
import { stale } from './checks/stale.ts';
import { ungated } from './checks/ungated.ts';
import { xdp } from './checks/xdp.ts';

/** In the order of a packet's way: what the node can do, pods, the border, the way, the NIC, clocks. */
export const checks: readonly Check[] = [
  kernel,
  btf,
  bpffs,
  libbpf,
  privileges,
  cgroup,
  agent,
  chain,
  cilium,
  ungated,
  sandboxes,
  netkit,
  xdp,
  foreign,
  nonIp,
  forwarding,
  restorers,
  stale,
  defaultQdisc,
  qdiscs,
  queues,
  bond,
  nic,
  offloads,
  clocks,
  cpus,
];
