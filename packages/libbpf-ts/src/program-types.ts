/** Types of programs by name, as bpftool spells them: enum bpf_prog_type in linux/bpf.h. */
export const programTypes = [
  'unspec',
  'socket_filter',
  'kprobe',
  'sched_cls',
  'sched_act',
  'tracepoint',
  'xdp',
  'perf_event',
  'cgroup_skb',
  'cgroup_sock',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
  'sock_ops',
  'sk_skb',
  'cgroup_device',
  'sk_msg',
  'raw_tracepoint',
  'cgroup_sock_addr',
  'lwt_seg6local',
  'lirc_mode2',
  'sk_reuseport',
  'flow_dissector',
  'cgroup_sysctl',
  'raw_tracepoint_writable',
  'cgroup_sockopt',
  'tracing',
  'struct_ops',
  'ext',
  'lsm',
  'sk_lookup',
  'syscall',
  'netfilter',
] as const;

/** The type of a program by its name. */
export type ProgramType = (typeof programTypes)[number];

export const SCHED_CLS = programTypes.indexOf('sched_cls');

/**
 * Sections that a libbpf may be too old to know (1.1 of Debian 12 knows none of these): their programs are of type
 * sched_cls, and where they are attached is said when they are.
 */
const TRAFFIC_SECTION = /^(tcx|tc|netkit)(\/|$)/;

/** The type that a section's name stands for, where libbpf found none. */
export function typeOfSection(section: string): number | undefined {
  return TRAFFIC_SECTION.test(section) ? SCHED_CLS : undefined;
}
