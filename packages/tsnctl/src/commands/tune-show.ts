import { drawSvg, drawText, formatRate, fromQdiscs, toDocument } from '@tsnctl/schedule';
import { type Command, Option } from 'commander';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { examples } from './examples.ts';
import { deviceOf, openTuner, type TunePlace, withTunePlace } from './tune-place.ts';

export function addTuneShow(tune: Command): void {
  withTunePlace(tune.command('show'), 'the interface')
    .description('draw what runs on an interface')
    .addOption(outputOption())
    .addOption(new Option('--svg', 'as a picture, on stdout'))
    .addHelpText(
      'after',
      examples('tsnctl tune show --dev eth1', 'tsnctl tune show --dev eth1 --svg > eth1.svg'),
    )
    .action(async (_: unknown, command: Command) => show(command.optsWithGlobals()));
}

async function show(options: TunePlace & { output: OutputFormat; svg?: boolean }): Promise<void> {
  const dev = deviceOf(options);
  using open = openTuner(options, dev);
  const { tuner } = open;
  const nic = tuner.observe();
  const schedule = fromQdiscs(nic.qdiscs, dev);
  if (options.svg) {
    process.stdout.write(drawSvg(schedule));
    return;
  }
  const { isTuned, owner } = tuner;
  const result = {
    dev,
    netns: options.netns ?? null,
    tuned: isTuned,
    owner: owner ?? null,
    txQueues: nic.txQueues,
    maxTxQueues: nic.maxTxQueues,
    linkSpeed: nic.speedBps ?? null,
    phc: nic.phcIndex === undefined ? null : `/dev/ptp${nic.phcIndex}`,
    uplinkClock: nic.uplinkClock ?? null,
    schedule: toDocument(schedule),
  };
  const facts = [
    `${nic.txQueues} of ${nic.maxTxQueues} TX queues`,
    ...(nic.speedBps === undefined ? [] : [`link ${formatRate(nic.speedBps)}`]),
    ...(result.phc === null ? [] : [`clock ${result.phc}`]),
  ];
  const undoable = !isTuned
    ? ''
    : owner === undefined
      ? `tsnctl tune --undo --dev ${dev} brings back what was there before\n`
      : `tuned by ${owner}: when that goes, what was there before comes back\n`;
  await printResult(
    options.output,
    result,
    () => `${drawText(schedule, nic.speedBps)}\n${facts.join(', ')}\n${undoable}`,
  );
}
