import { TsnctlError } from '@tsnctl/codec';
import {
  type DesiredTuning,
  type Nic,
  requireRoot,
  type Tuned,
  type Tuner,
  type TuneStep,
  tuneContext,
  tuneInterruptions,
  tuningOf,
} from '@tsnctl/proxy';
import { fromQdiscs, isRefused, toDocument } from '@tsnctl/schedule';
import type { Command } from 'commander';
import type { Exit } from '../exit.ts';
import { painter } from '../render/colour.ts';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { renderFindings, renderTuneInterruptions, renderTuneSteps } from '../render/tune.ts';
import { examples } from './examples.ts';
import { addTuneCheck } from './tune-check.ts';
import { type ScheduleFlags, withScheduleFlags } from './tune-flags.ts';
import { type GivenSchedule, importText, judge, scheduleFrom } from './tune-input.ts';
import { deviceOf, openTuner, type TunePlace, withTunePlace } from './tune-place.ts';
import { addTuneShow } from './tune-show.ts';

interface TuneOptions extends TunePlace, ScheduleFlags {
  file?: string;
  undo?: boolean;
  dryRun?: boolean;
  force?: boolean;
  output: OutputFormat;
}

export function addTune(program: Command, finish: (code: Exit) => void): void {
  const tune = program
    .command('tune')
    .description(
      'put a schedule on an interface: qdiscs, classes, gates, queues; --undo brings back what was there',
    )
    .enablePositionalOptions();
  tune.option('-f, --file <file>', 'the schedule, as YAML or JSON; - is standard input');
  withTunePlace(withScheduleFlags(tune), 'the interface (default: the one that the schedule names)')
    .option('--undo', 'bring back what the interface had before it was tuned')
    .option('--dry-run', 'show the plan and change nothing')
    .option(
      '--force',
      'also with findings of severity error, and where what is there could not be brought back',
    )
    .addOption(outputOption())
    .addHelpText(
      'after',
      examples(
        'tsnctl tune -f schedule.yaml --dev eth1 --dry-run',
        'tsnctl tune -f schedule.yaml --dev eth1',
        'tsnctl tune --dev eth1 --class rest=0-5 --class control=6-7 --gate control=200us --gate rest=800us',
        'tsnctl tune --dev eth1 --qdisc fq',
        'tsnctl tune --undo --dev eth1',
        'tsnctl tune show --dev eth1',
        'tsnctl tune check schedule.yaml',
      ),
    )
    .action(async (options: TuneOptions) => (options.undo ? undo(options) : apply(options)));
  addTuneShow(tune);
  addTuneCheck(tune, finish);
  tune
    .command('import <FILE>')
    .description('a schedule from tc commands, or from what tc -j qdisc show tells; - is standard input')
    .addHelpText(
      'after',
      examples(
        'tsnctl tune import setup-taprio.sh > schedule.yaml',
        'tc -j -d qdisc show dev eth1 | tsnctl tune import -',
      ),
    )
    .action(async (file: string) => {
      const { dev, qdiscs } = importText(file);
      const { stringify } = await import('yaml');
      process.stdout.write(stringify(toDocument(fromQdiscs(qdiscs, dev))));
    });
}

async function apply(options: TuneOptions): Promise<void> {
  const given = scheduleFrom(options);
  const dev = deviceOf(options, given.schedule.dev, options.file);
  const dryRun = options.dryRun === true;
  if (!dryRun) requireRoot();
  using open = openTuner(options, dev);
  const { tuner } = open;
  warnOfOwner(tuner, dev);
  const planner = plannerOf(given, options, dryRun);
  const tuned = dryRun
    ? tuner.plan(planner, options)
    : tuner.change(planner, { force: options.force === true, announce });
  await print(tuned, options, dryRun);
}

async function undo(options: TuneOptions): Promise<void> {
  const dev = deviceOf(options);
  const dryRun = options.dryRun === true;
  if (!dryRun) requireRoot();
  using open = openTuner(options, dev);
  const { tuner } = open;
  warnOfOwner(tuner, dev);
  await print(dryRun ? tuner.planUndo() : tuner.undo({ announce }), options, dryRun);
}

async function print({ nic, steps }: Tuned, options: TuneOptions, dryRun: boolean): Promise<void> {
  const dev = nic.name;
  const result = {
    dryRun,
    dev,
    netns: options.netns ?? null,
    interrupts: tuneInterruptions(steps, dev),
    steps,
  };
  await printResult(options.output, result, (wide) => renderTuneSteps(steps, { dev, dryRun, wide }));
}

/** What a person changes, the agent of a cluster changes back. */
function warnOfOwner({ owner }: Tuner, dev: string): void {
  if (owner === undefined) return;
  const line = `${dev} is tuned by ${owner}: the agent puts it back within 30 s. Try: kubectl edit ${owner.toLowerCase()}`;
  process.stderr.write(`warning: ${line}\n`);
}

function announce(steps: readonly TuneStep[], nic: Nic): void {
  process.stderr.write(renderTuneInterruptions(steps, nic.name));
}

/** Judges the schedule for this interface, says what it finds, and refuses what would be wrong. */
function plannerOf(
  given: GivenSchedule,
  { force }: TuneOptions,
  dryRun: boolean,
): (nic: Nic) => DesiredTuning {
  return (nic) => {
    const context = tuneContext(nic);
    const { schedule, findings } = judge(given, { ...context }, nic.name);
    process.stderr.write(renderFindings(findings, painter(process.stderr)));
    if (isRefused(findings) && !force) {
      const errors = findings.filter(({ severity }) => severity === 'error').length;
      throw new TsnctlError(
        'BAD_SCHEDULE',
        `${given.file}: ${errors} error${errors === 1 ? '' : 's'}, told above; ${nic.name} is as before`,
        {
          hint: dryRun ? 'mend them' : 'mend them, or --force to apply it all the same',
        },
      );
    }
    return tuningOf(schedule, context);
  };
}
