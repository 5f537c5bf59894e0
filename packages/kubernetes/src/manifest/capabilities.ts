/** Each right of the agent with its reason, as the unit of systemd has them on a node without Kubernetes. */
export const capabilities: Readonly<Record<string, string>> = {
  BPF: 'load programs, make maps',
  NET_ADMIN: 'attach to interfaces, change qdiscs and queues',
  PERFMON: "read the kernel's structures by BTF in programs",
  SYS_ADMIN: "setns into pods, pin on the BPF file system, list other owners' programs and links",
  SYS_PTRACE: 'find the namespaces of processes of other users',
  SYS_RESOURCE: 'maps beyond RLIMIT_MEMLOCK on kernels that count them there',
  DAC_READ_SEARCH: "read the runtime's configuration, whoever owns it",
  DAC_OVERRIDE: "write into the runtime's configuration directory, whoever owns it",
  CHOWN: "keep the owner of the runtime's files when they are rewritten",
  FOWNER: 'keep their mode',
};
