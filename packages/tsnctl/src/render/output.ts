import { TsnctlError } from '@tsnctl/codec';
import { Option } from 'commander';

export type OutputFormat = 'table' | 'wide' | 'json' | 'yaml';

/** The `-o` of every verb that has a result. */
export function outputOption(): Option {
  return new Option('-o, --output <format>', 'how to print the result')
    .choices(['table', 'wide', 'json', 'yaml'])
    .default('table');
}

/** Print a result on stdout. 64-bit numbers become decimal strings; `table` makes the text for people. */
export async function printResult(
  format: OutputFormat,
  result: unknown,
  table: (wide: boolean) => string,
): Promise<void> {
  process.stdout.write(await renderResult(format, result, table));
}

/** Load what printing takes, for a command that removes its own programs before it prints. */
export async function prepareOutput(format: OutputFormat): Promise<void> {
  await renderResult(format, {}, () => '');
}

async function renderResult(
  format: OutputFormat,
  result: unknown,
  table: (wide: boolean) => string,
): Promise<string> {
  const json = () => JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
  switch (format) {
    case 'json':
      return `${json()}\n`;
    case 'yaml': {
      const { stringify } = await import('yaml');
      return stringify(JSON.parse(json()));
    }
    case 'table':
    case 'wide':
      return table(format === 'wide');
    default:
      throw new TsnctlError('USAGE', `unknown output format ${format}`, { hint: '-o table|wide|json|yaml' });
  }
}
