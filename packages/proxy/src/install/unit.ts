/** The unit's first line tells that it is ours, also where the journal is lost. */
export const UNIT_MARK = '# Written by tsnctl install; tsnctl uninstall removes it.';

/**
 * Each right with its reason. All others are gone for good: the set is a bound, also for root. CAP_SYS_ADMIN
 * contains CAP_BPF and CAP_PERFMON; maps are not counted against RLIMIT_MEMLOCK (CAP_SYS_RESOURCE) since 5.11.
 */
export const AGENT_CAPABILITIES: Readonly<Record<string, string>> = {
  CAP_NET_ADMIN: 'attach to interfaces, ask for links and qdiscs',
  CAP_SYS_ADMIN: "load programs, setns into pods, list other owners' programs and links",
  CAP_SYS_PTRACE: "find pods' namespaces by processes of other users, or with other rights",
  CAP_DAC_OVERRIDE: "read and write the runtime's configuration directory, whoever owns it",
  CAP_CHOWN: "keep the owner of the runtime's files when they are rewritten",
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
# An agent that cannot start yet goes on trying: by itself systemd gives up after five starts in ten seconds.
StartLimitIntervalSec=0

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

${Object.entries(AGENT_CAPABILITIES)
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
