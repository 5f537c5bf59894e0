import { TsnctlError } from '@tsnctl/codec';
import { NetNs } from '@tsnctl/linux';
import {
  type DesiredTuning,
  type Nic,
  requireRoot,
  type Tuned,
  Tuner,
  type TuneStep,
  tuneContext,
  tuneInterruptions,
  tuningOf,
  withGates,
} from '@tsnctl/proxy';
import {
  type Context,
  drawSvg,
  drawText,
  type Finding,
  formatRate,
  fromQdiscs,
  isRefused,
  type Schedule,
  tcCommands,
  toDocument,
  toQdiscs,
  validate,
} from '@tsnctl/schedule';
import { type Command, Option } from 'commander';
import { Exit } from '../exit.ts';
import { painter } from '../render/colour.ts';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { renderFindings, renderTuneInterruptions, renderTuneSteps } from '../render/tune.ts';
import { nameOrPath } from './attach.ts';
import { examples } from './examples.ts';
import { type ScheduleFlags, withScheduleFlags } from './tune-flags.ts';
import { type GivenSchedule, importText, scheduleFrom } from './tune-input.ts';

interface Where {
  dev?: string;
  netns?: string;
  state?: string;
}

interface TuneOptions extends Where, ScheduleFlags {
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
  withWhere(withScheduleFlags(tune))
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
  withWhere(tune.command('show'))
    .description('draw what runs on an interface')
    .addOption(outputOption())
    .addOption(new Option('--svg', 'as a picture, on stdout'))
    .addHelpText(
      'after',
      examples('tsnctl tune show --dev eth1', 'tsnctl tune show --dev eth1 --svg > eth1.svg'),
    )
    .action(async (_: unknown, command: Command) => show(command.optsWithGlobals()));
  tune
    .command('check <FILE>')
    .description('what is wrong with a schedule, without root; exit code 3 if it should not be applied')
    .option('--dev <interface>', 'judge it for this interface, too')
    .option('--netns <namespace>', 'of this network namespace, by name or path', nameOrPath)
    .addOption(outputOption())
    .option('--svg', 'as a picture, on stdout')
    .addHelpText(
      'after',
      examples('tsnctl tune check schedule.yaml', 'tsnctl tune check schedule.yaml --dev eth1 -o json'),
    )
    .action(async (file: string, _: unknown, command: Command) =>
      check(file, command.optsWithGlobals(), finish),
    );
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
  using netns = open(options);
  const tuner = new Tuner(netns, dev, state(options));
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
  using netns = open(options);
  const tuner = new Tuner(netns, dev, state(options));
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

/** Gates are computed where there are only streams; then all rules. */
function judge(
  given: GivenSchedule,
  context: Context,
  dev?: string,
): { schedule: Schedule; findings: readonly Finding[] } {
  const named: Schedule = { ...given.schedule, ...(dev !== undefined && { dev }) };
  const schedule = withGates(named, context, given.file);
  return { schedule, findings: given.place(validate(schedule, context)) };
}

async function show(options: Where & { output: OutputFormat; svg?: boolean }): Promise<void> {
  const dev = deviceOf(options);
  using netns = open(options);
  const tuner = new Tuner(netns, dev, state(options));
  const nic = tuner.observe();
  const schedule = fromQdiscs(nic.qdiscs, dev);
  if (options.svg) {
    process.stdout.write(drawSvg(schedule));
    return;
  }
  const isTuned = tuner.isTuned;
  const result = {
    dev,
    netns: options.netns ?? null,
    tuned: isTuned,
    txQueues: nic.txQueues,
    maxTxQueues: nic.maxTxQueues,
    linkSpeed: nic.speedBps ?? null,
    phc: nic.phcIndex === undefined ? null : `/dev/ptp${nic.phcIndex}`,
    uplinkClock: nic.uplinkClock ?? null,
    schedule: toDocument(schedule),
  };
  const queues = `${nic.txQueues} of ${nic.maxTxQueues} TX queues${nic.speedBps === undefined ? '' : `, link ${formatRate(nic.speedBps)}`}${result.phc ? `, clock ${result.phc}` : ''}`;
  const undoable = isTuned ? `tsnctl tune --undo --dev ${dev} brings back what was there before\n` : '';
  await printResult(
    options.output,
    result,
    () => `${drawText(schedule, nic.speedBps)}\n${queues}\n${undoable}`,
  );
}

interface CheckOptions extends Where {
  output: OutputFormat;
  svg?: boolean;
}

async function check(file: string, options: CheckOptions, finish: (code: Exit) => void): Promise<void> {
  const given = scheduleFrom({ file });
  const dev = options.dev ?? given.schedule.dev;
  const nic = options.dev === undefined ? undefined : look(options, options.dev);
  const { schedule, findings } = judge(given, tuneContext(nic), dev);
  if (isRefused(findings)) finish(Exit.drift);
  if (options.svg) {
    process.stderr.write(renderFindings(findings, painter(process.stderr)));
    process.stdout.write(drawSvg(schedule));
    return;
  }
  const speed = schedule.linkSpeed ?? nic?.speedBps;
  const commands = tcCommands(toQdiscs(schedule, { linkSpeed: speed }), dev ?? 'IF');
  const result = { file, ok: !isRefused(findings), findings, schedule: toDocument(schedule), commands };
  await printResult(options.output, result, (wide) => {
    const told = renderFindings(findings, painter(process.stdout));
    const verdict = isRefused(findings)
      ? ''
      : `${file}: ${findings.length === 0 ? 'nothing is wrong' : 'nothing keeps it from being applied'}\n`;
    return `${drawText(schedule, speed)}\n${wide ? `${commands.join('\n')}\n\n` : ''}${told}${verdict}`;
  });
}

function look(options: Where, dev: string): Nic {
  using netns = open(options);
  return new Tuner(netns, dev, state(options)).observe();
}

function withWhere(command: Command): Command {
  return command
    .option('--dev <interface>', 'the interface (default: the one that the schedule names)')
    .option('--netns <namespace>', 'its network namespace, by name or path (default: this one)', nameOrPath)
    .addOption(new Option('--state <directory>', 'where what was there before is remembered').hideHelp());
}

function open({ netns }: Where): NetNs {
  return netns === undefined ? NetNs.current() : NetNs.open(netns);
}

function state({ state }: Where): { state?: string } {
  return state === undefined ? {} : { state };
}

function deviceOf({ dev }: Where, inSchedule?: string, file?: string): string {
  const name = dev ?? inSchedule;
  if (name !== undefined) return name;
  throw new TsnctlError('USAGE', 'it is not said which interface', {
    hint: file === undefined ? '--dev eth1' : `--dev eth1; or dev: eth1 in ${file}`,
  });
}
