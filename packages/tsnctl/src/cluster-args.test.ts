import { describe, expect, it } from 'vitest';
import { clusterArgs } from './cluster-args.ts';

describe('kubectl tsnctl', () => {
  it.each([
    [
      ['status', '-o', 'json'],
      ['status', '--cluster', '-o', 'json'],
    ],
    [
      ['doctor', '--cluster'],
      ['doctor', '--cluster'],
    ],
    [
      ['install', '--dry-run'],
      ['install', '--cluster', '--dry-run'],
    ],
    [['version'], ['version']],
    [['--help'], ['--help']],
    [[], ['--help']],
  ])('%j', (args, expected) => expect(clusterArgs(args)).toEqual(expected));

  it('never touches the machine that it runs on', () => {
    expect(() => clusterArgs(['attach', 'uplink', 'eth1'])).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: 'kubectl tsnctl has no attach: that is about one machine, or there is no such verb',
        hint: 'one of status, inspect, doctor, sysdump, install, upgrade, uninstall; on the node itself: tsnctl attach',
      }),
    );
  });

  it('wants the verb first', () => {
    expect(() => clusterArgs(['--context', 'plant', 'status'])).toThrow('--context stands before the verb');
  });
});
