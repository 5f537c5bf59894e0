import { setTimeout as sleep } from 'node:timers/promises';
import { isWell, type NodePlace, nodeStatus } from '@tsnctl/proxy/install';
import { type Command, Option } from 'commander';
import { Exit } from '../exit.ts';
import { renderNodeStatus } from '../render/install.ts';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { settled } from '../settled.ts';
import { type ClusterOptions, hereOrInCluster, withClusterOptions } from './cluster/options.ts';
import { examples } from './examples.ts';
import { type PlaceOptions, parseWait, placeOf, withPlaceOptions } from './node-place.ts';

interface Options extends PlaceOptions, ClusterOptions {
  wait?: number;
  output: OutputFormat;
}

const POLL_MS = 200;

export function addStatus(program: Command, finish: (code: Exit) => void): void {
  withClusterOptions(withPlaceOptions(program.command('status')))
    .description('this node in short, or with --cluster all of a cluster: agent, chain, uplinks, pods, drift')
    .addOption(
      new Option('--wait [time]', 'until all is well, at most so long: 30s')
        .argParser(parseWait)
        .preset('30s'),
    )
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExit code 3: not installed, not ready, or something is not as it shall be; with --cluster, on any node.\n' +
        examples(
          'tsnctl status',
          'tsnctl status --wait 60s -o json',
          'tsnctl status --cluster',
          'tsnctl status --cluster -l zone=line1 -o wide',
        ),
    )
    .action(
      hereOrInCluster<Options>(
        (options) => status(options, finish),
        async (options) => (await import('./cluster/look.ts')).statusOfCluster(options, finish),
      ),
    );
}

async function status(
  { wait = 0, output, ...options }: Options,
  finish: (code: Exit) => void,
): Promise<void> {
  using place = placeOf(options);
  const found = await wellWithin(place, wait);
  await printResult(output, found, (wide) => renderNodeStatus(found, wide));
  if (!isWell(found)) finish(Exit.drift);
}

/** The first look that is well, or the last one before time is up. */
async function wellWithin(place: NodePlace, waitMs: number) {
  const until = performance.now() + waitMs;
  for (;;) {
    const status = await settled(
      () => nodeStatus(place),
      ({ drift }) => drift.length > 0,
    );
    if (isWell(status) || performance.now() >= until) return status;
    await sleep(POLL_MS);
  }
}
