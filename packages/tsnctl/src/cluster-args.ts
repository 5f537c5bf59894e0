import { TsnctlError } from '@tsnctl/codec';

/** Verbs that are about a cluster when kubectl starts us. */
const CLUSTER_VERBS = new Set(['status', 'inspect', 'doctor', 'sysdump', 'install', 'upgrade', 'uninstall']);
/** Those that are about no node at all. */
const PLACELESS = new Set(['help', 'version', 'completion', '--help', '-h', '--version', '-V']);

/**
 * `kubectl tsnctl ARGS` in the words of tsnctl: whoever calls kubectl speaks of a cluster, never of the machine that
 * it runs on. @throws TsnctlError USAGE
 */
export function clusterArgs([verb, ...rest]: readonly string[]): readonly string[] {
  if (verb === undefined) return ['--help'];
  if (PLACELESS.has(verb)) return [verb, ...rest];
  if (CLUSTER_VERBS.has(verb))
    return rest.includes('--cluster') ? [verb, ...rest] : [verb, '--cluster', ...rest];
  const known = [...CLUSTER_VERBS].join(', ');
  if (verb.startsWith('-')) {
    throw new TsnctlError('USAGE', `${verb} stands before the verb`, {
      hint: `kubectl tsnctl VERB ${verb} ...; one of ${known}`,
    });
  }
  throw new TsnctlError(
    'USAGE',
    `kubectl tsnctl has no ${verb}: that is about one machine, or there is no such verb`,
    {
      hint: `one of ${known}; on the node itself: tsnctl ${verb}`,
    },
  );
}
