import { TsnctlError } from '@tsnctl/codec';
import type { Path } from '@tsnctl/lab';
import type { Mode, Via } from '@tsnctl/proxy';
import { type Command, Option } from 'commander';
import { Exit } from '../exit.ts';
import { painter } from '../render/colour.ts';
import { renderDemo } from '../render/demo.ts';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { Progress } from '../render/progress.ts';
import { interruptible } from '../signals.ts';
import { examples } from './examples.ts';

interface Options {
  count: number;
  path?: string;
  mode?: Mode;
  hook?: Via;
  output: OutputFormat;
}

export function addDemo(program: Command, finish: (code: Exit) => void): void {
  program
    .command('demo')
    .description('show in a lab of namespaces what the NIC sees of a pod, without the proxy and with it')
    .addOption(new Option('--count <n>', 'packets per row').default(200).argParser(count))
    .option('--path <names>', 'only these paths: ptp,vxlan (default: all)')
    .addOption(
      new Option(
        '--mode <mode>',
        'where the priority is read (default: host, before kernel 6.11 pod)',
      ).choices(['host', 'pod']),
    )
    .addOption(
      new Option(
        '--hook <hook>',
        'how programs are attached (default: tcx, before kernel 6.6 clsact)',
      ).choices(['tcx', 'clsact']),
    )
    .addOption(outputOption())
    .addHelpText(
      'after',
      examples('tsnctl demo', 'tsnctl demo --path ptp,vxlan --mode pod', 'tsnctl demo --count 1000 -o json'),
    )
    .action(async (options: Options) => finish(await demo(options)));
}

async function demo({ count, path, mode, hook, output }: Options): Promise<Exit> {
  const { paths, runDemo } = await import('@tsnctl/lab');
  const { requireBpf, requireKernel, requireRoot } = await import('@tsnctl/proxy');
  const chosen = path === undefined ? paths : choose(paths, path);
  requireKernel();
  requireRoot();
  requireBpf();
  const result = await interruptible((signal) => {
    const progress = new Progress(process.stderr, chosen.length);
    return runDemo({
      count,
      ...(mode && { mode }),
      ...(hook && { via: hook }),
      paths: chosen,
      signal,
      onPath: ({ name, title }) => progress.next(`${name}: ${title}`),
    }).finally(() => progress.clear());
  });
  await printResult(output, result, () => renderDemo(result, painter(process.stdout)));
  return result.ok ? Exit.done : Exit.drift;
}

/** The paths of these names, in the order of the table. */
function choose(paths: readonly Path[], names: string): Path[] {
  const wanted = new Set(names.split(','));
  for (const name of wanted) {
    if (paths.some((path) => path.name === name)) continue;
    throw new TsnctlError('USAGE', `there is no path "${name}"`, {
      hint: `one of ${paths.map((path) => path.name).join(', ')}`,
    });
  }
  return paths.filter(({ name }) => wanted.has(name));
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1000) return value;
  throw new TsnctlError('USAGE', `"${text}" is not a number of packets`, {
    hint: '--count 1 to --count 1000',
  });
}
