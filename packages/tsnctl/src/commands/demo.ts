import { TsnctlError } from '@tsnctl/codec';
import { type Command, Option } from 'commander';
import { Exit } from '../exit.ts';
import { painter } from '../render/colour.ts';
import { renderDemo } from '../render/demo.ts';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { Progress } from '../render/progress.ts';
import { interruptible } from '../signals.ts';

export function addDemo(program: Command, finish: (code: Exit) => void): void {
  program
    .command('demo')
    .description('show in a lab of namespaces what the NIC sees of a pod, without the proxy and with it')
    .addOption(new Option('--count <n>', 'packets per row').default(200).argParser(count))
    .addOption(outputOption())
    .addHelpText('after', '\nExamples:\n  tsnctl demo\n  tsnctl demo --count 1000 -o json\n')
    .action(async (options: { count: number; output: OutputFormat }) => finish(await demo(options)));
}

async function demo(options: { count: number; output: OutputFormat }): Promise<Exit> {
  const { paths, runDemo } = await import('@tsnctl/lab');
  const { requireBpf, requireKernel, requireRoot } = await import('@tsnctl/proxy');
  requireKernel();
  requireRoot();
  requireBpf();
  const result = await interruptible((signal) => {
    const progress = new Progress(process.stderr, paths.length);
    return runDemo({
      count: options.count,
      signal,
      onPath: ({ name, title }) => progress.next(`${name}: ${title}`),
    }).finally(() => progress.clear());
  });
  await printResult(options.output, result, () => renderDemo(result, painter(process.stdout)));
  return result.ok ? Exit.done : Exit.drift;
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1000) return value;
  throw new TsnctlError('USAGE', `"${text}" is not a number of packets`, {
    hint: '--count 1 to --count 1000',
  });
}
