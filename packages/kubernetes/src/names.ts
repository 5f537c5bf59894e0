/** The API group of everything that we add to a cluster, and the prefix of our annotations and labels. */
export const GROUP = 'tsnctl.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}` as const;

/** What we call ourselves in a cluster: namespace, DaemonSet, service account, roles. */
export const NAME = 'tsnctl';
export const NAMESPACE = 'tsnctl';

/** `0.1.0+912458f1`, as a bundle calls itself -> `0.1.0`: neither a label nor the tag of an image takes the rest. */
export function releaseOf(version: string): string {
  return version.split('+')[0] ?? version;
}

/** Where the agent's image is, without its tag. */
export const IMAGE = 'tsnctl/tsnctl';
