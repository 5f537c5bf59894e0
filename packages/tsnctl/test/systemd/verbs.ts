import { appendFileSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** A command about this node. */
export interface Verb {
  /** What makes it necessary, unless something does already. */
  readonly prepare?: () => void;
  readonly args: readonly string[];
  /** The version that runs afterwards; none: nothing of us is left. */
  readonly version: string | null;
}

export type VerbName = 'install' | 'repair' | 'upgrade' | 'uninstall';

/** Where the node has its Node: of a checkout in /home, the unit would see nothing. */
export const NODE = '/usr/local/sbin/node';
export const UNIT = 'tsnctl-agent.service';
const HOW = ['--node', NODE, '--conf-dir', '/etc/cni/net.d', '--wait', '120s'];

/** What no agent comes up from. */
export function refusedUpgrade(broken: string): readonly string[] {
  return ['upgrade', '--bundle', broken, ...HOW.slice(0, -1), '3s'];
}

/** Each from the state that the node is in: an upgrade is to that of two bundles which is not installed. */
export function verbsOf(first: string, second: string): { readonly [Name in VerbName]: () => Verb } {
  const versions = { [versionOf(first)]: first, [versionOf(second)]: second };
  const of = (verb: 'install' | 'upgrade', version: string): Verb => ({
    args: [verb, '--bundle', versions[version] ?? '', ...HOW],
    version,
  });
  return {
    install: () => of('install', versionOf(first)),
    repair: () => ({
      prepare: () => appendFileSync(`/etc/systemd/system/${UNIT}`, '# by hand\n'),
      ...of('install', installed()),
    }),
    upgrade: () => of('upgrade', Object.keys(versions).find((version) => version !== installed()) ?? ''),
    uninstall: () => ({ args: ['uninstall'], version: null }),
  };
}

function versionOf(bundle: string): string {
  return JSON.parse(readFileSync(join(bundle, 'manifest.json'), 'utf8')).version;
}

function installed(): string {
  return readlinkSync('/opt/tsnctl/current');
}
