import { tuneContext } from '@tsnctl/proxy';
import { drawSvg, drawText, isRefused, tcCommands, toDocument, toQdiscs } from '@tsnctl/schedule';
import type { Command } from 'commander';
import { Exit } from '../exit.ts';
import { painter } from '../render/colour.ts';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { renderFindings } from '../render/tune.ts';
import { nameOrPath } from './attach.ts';
import { examples } from './examples.ts';
import { judge, scheduleFrom } from './tune-input.ts';
import { openTuner, type TunePlace } from './tune-place.ts';

export function addTuneCheck(tune: Command, finish: (code: Exit) => void): void {
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
}

interface CheckOptions extends TunePlace {
  output: OutputFormat;
  svg?: boolean;
}

async function check(file: string, options: CheckOptions, finish: (code: Exit) => void): Promise<void> {
  const given = scheduleFrom({ file });
  const dev = options.dev ?? given.schedule.dev;
  const nic = options.dev === undefined ? undefined : observe(options, options.dev);
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

function observe(place: TunePlace, dev: string) {
  using open = openTuner(place, dev);
  return open.tuner.observe();
}
