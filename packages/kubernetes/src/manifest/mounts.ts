/** A path of the node in the agent's container. */
export interface Mount {
  readonly name: string;
  readonly hostPath: string;
  readonly mountPath: string;
  readonly type: 'Directory' | 'DirectoryOrCreate';
  readonly readOnly?: boolean;
}

/** Where a node's container runtime has its files. */
export interface RuntimeDirectories {
  readonly confDir: string;
  readonly binDir: string;
  /** What its configuration and that of its networks are below. */
  readonly etc: string;
}

export const DEFAULT_DIRECTORIES: RuntimeDirectories = {
  confDir: '/etc/cni/net.d',
  binDir: '/opt/cni/bin',
  etc: '/etc',
};

/** Below it are the node's files, as the node itself names them. */
export const HOST = '/host';

/**
 * What of the node the agent sees, outer paths first. The runtime's configuration is read, whichever runtime it is
 * and whatever it imports, so all of its directory is there, read-only; nothing has to be made on the node for that.
 */
export function mounts({ confDir, binDir, etc }: RuntimeDirectories = DEFAULT_DIRECTORIES): Mount[] {
  return [
    { name: 'etc', hostPath: etc, mountPath: `${HOST}${etc}`, type: 'Directory', readOnly: true },
    { name: 'cni-conf', hostPath: confDir, mountPath: `${HOST}${confDir}`, type: 'DirectoryOrCreate' },
    { name: 'cni-bin', hostPath: binDir, mountPath: `${HOST}${binDir}`, type: 'DirectoryOrCreate' },
    {
      name: 'state',
      hostPath: '/var/lib/tsnctl',
      mountPath: `${HOST}/var/lib/tsnctl`,
      type: 'DirectoryOrCreate',
    },
    { name: 'bpf', hostPath: '/sys/fs/bpf', mountPath: '/sys/fs/bpf', type: 'Directory' },
    { name: 'run', hostPath: '/run/tsnctl', mountPath: '/run/tsnctl', type: 'DirectoryOrCreate' },
    {
      name: 'netns',
      hostPath: '/run/netns',
      mountPath: '/run/netns',
      type: 'DirectoryOrCreate',
      readOnly: true,
    },
    {
      name: 'pod-logs',
      hostPath: '/var/log/pods',
      mountPath: '/var/log/pods',
      type: 'DirectoryOrCreate',
      readOnly: true,
    },
  ];
}
