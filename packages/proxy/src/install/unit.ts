/** The unit's first line tells that it is ours, also where the journal is lost. */
export const UNIT_MARK = '# Written by tsnctl install; tsnctl uninstall removes it.';

/** Each right with its reason. All others are gone for good: the set is a bound, also for root. */
const CAPABILITIES: Readonly<Record<string, string>> = {
  CAP_BPF: 'load programs, make maps',
  CAP_NET_ADMIN: 'attach to interfaces, ask for links and qdiscs',
  CAP_PERFMON: "read the kernel's structures by BTF in programs",
  CAP_SYS_ADMIN: "setns into pods, pin on the BPF file system, list other owners' programs and links",
  CAP_SYS_PTRACE: 'find the namespaces of processes of other users',
  CAP_SYS_RESOURCE: 'maps beyond RLIMIT_MEMLOCK on kernels that count them there',
  CAP_DAC_READ_SEARCH: "read the runtime's configuration, whoever owns it",
  CAP_DAC_OVERRIDE: "write into the runtime's configuration directory, whoever owns it",
  CAP_CHOWN: "keep the owner of the runtime's files when they are rewritten",
  CAP_FOWNER: 'keep their mode',
};

/** The text of the unit: what the agent needs, and nothing else. Nothing of it hides the node's namespaces. */
export function unitText({
  command,
  confDir,
}: {
  readonly command: string;
  readonly confDir: string;
}): string {
  return `${UNIT_MARK}
[Unit]
Description=tsnctl agent: carries TSN metadata of pods to the NIC
After=network.target local-fs.target
Before=kubelet.service
RequiresMountsFor=/sys/fs/bpf

[Service]
ExecStart=${command} agent
Restart=always
RestartSec=1
# A stop changes nothing on the node: what is attached stays attached.
KillMode=mixed
TimeoutStopSec=10
RuntimeDirectory=tsnctl
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
UMask=0077
LimitMEMLOCK=infinity
OOMScoreAdjust=-900

${Object.entries(CAPABILITIES)
  .map(([name, why]) => `# ${name}: ${why}\nCapabilityBoundingSet=${name}\n`)
  .join('')}
NoNewPrivileges=yes
# /usr and /etc are read-only but for the runtime's config lists.
ProtectSystem=full
ReadWritePaths=-${confDir}
ProtectHome=yes
PrivateTmp=yes
ProtectKernelLogs=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6
# Not set, each for a reason: MemoryDenyWriteExecute (V8 compiles), ProtectKernelTunables (it would make
# /sys/fs/bpf read-only), PrivateNetwork and RestrictNamespaces (setns), ProtectProc (pods are found by their
# processes), PrivateDevices (its device filter), ProtectKernelModules (the kernel loads qdiscs when asked).

[Install]
WantedBy=multi-user.target
`;
}
