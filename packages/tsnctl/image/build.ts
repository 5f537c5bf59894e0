import { Command, CommanderError, Option } from 'commander';
import { exitCodeOf, reportError } from '../src/exit.ts';
import { type OutputFormat, outputOption, printResult } from '../src/render/output.ts';
import { renderTable } from '../src/render/table.ts';
import { usageError } from '../src/usage.ts';
import { type BuiltImage, buildImage } from './build-image.ts';
import { ARCHITECTURES, type Architecture, architectureHere, IMAGE_NAME } from './settings.ts';

interface Options {
  arch: Architecture;
  name: string;
  output: OutputFormat;
}

const program = new Command('npm run image --')
  .description("the agent's image, from Debian's packages and this checkout, as an OCI archive in dist/")
  .addOption(
    new Option('--arch <architecture>', 'for which machines')
      .choices(ARCHITECTURES)
      .default(architectureHere()),
  )
  .option('--name <name>', 'under which a runtime shall know it, without the tag', IMAGE_NAME)
  .addOption(outputOption())
  .addHelpText(
    'after',
    '\nExamples:\n  npm run image\n  npm run image -- --arch arm64\n  npm run -s image -- -o json\n',
  )
  .exitOverride()
  .configureOutput({ outputError: () => undefined })
  .action(async ({ output, ...options }: Options) => {
    const image = buildImage({ ...options, say: (line) => process.stderr.write(`${line}\n`) });
    await printResult(output, image, () => render(image));
  });

process.umask(0o022); // the modes of the image's files
const args = process.argv.slice(2);
try {
  await program.parseAsync(args, { from: 'user' });
} catch (error) {
  const reported = error instanceof CommanderError ? usageError(program, args, error) : error;
  if (!(error instanceof CommanderError && error.exitCode === 0)) {
    reportError(reported);
    process.exitCode = exitCodeOf(reported);
  }
}

function render({ packages, ...image }: BuiltImage): string {
  const rows = [
    ['image', image.name],
    ['for', `linux/${image.architecture}`],
    ['digest', image.digest],
    ['to pull', megabytes(image.size)],
    ['on a node', megabytes(image.unpackedSize)],
    ['archive', image.archive],
    ...packages.map(({ name, version }, at) => [at === 0 ? 'of Debian' : '', `${name} ${version}`]),
  ] as [string, string][];
  return `${renderTable(
    [
      { heading: '', value: ([key]) => key },
      { heading: '', value: ([, value]) => value },
    ],
    rows,
  ).trim()}\n`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
