/** What a process's cgroup says of it. */
export interface CgroupIdentity {
  /** The pod's UID. */
  readonly uid?: string;
  readonly container?: string;
}

/**
 * Read /proc/PID/cgroup of any runtime and driver, cgroup v1 or v2: the kubelet names a pod's cgroup by its UID
 * (`pod<uid>`, with underscores by the systemd driver; of a static pod it is a hash), runtimes name a container's by
 * its id. Pure.
 */
export function parseCgroup(text: string): CgroupIdentity {
  const paths = text.split('\n').map((line) => line.split(':').slice(2).join(':'));
  const uid = first(paths, POD)?.replaceAll('_', '-');
  const container = first(paths, CONTAINER);
  return { ...(uid !== undefined && { uid }), ...(container !== undefined && { container }) };
}

const POD =
  /(?:\/|-)pod([0-9a-f]{8}([-_])[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?(?:\/|$)/;
const CONTAINER = /([0-9a-f]{64})(?:\.scope)?(?:\/[^/]*)?$/;

function first(paths: readonly string[], pattern: RegExp): string | undefined {
  return paths.flatMap((path) => pattern.exec(path)?.[1] ?? [])[0];
}
