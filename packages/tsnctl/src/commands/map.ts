import { valueFromJson } from '@tsnctl/btf';
import { CodecError, TsnctlError } from '@tsnctl/codec';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BpfMap } from 'libbpf-ts';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { interruption } from '../signals.ts';
import { examples } from './examples.ts';

interface MapFlags {
  output: OutputFormat;
  text?: boolean;
  bytes?: boolean;
}

const WHICH = 'its id, its name, or the path of its pin';

/** Looks into any BPF map of this machine, decoded by its BTF. */
export function addMap(program: Command): void {
  const map = program
    .command('map')
    .description('look into any BPF map of this machine, decoded by its BTF')
    .addHelpText('after', examples('tsnctl map list', 'tsnctl map dump flows', 'tsnctl map get 42 7'));
  map
    .command('list')
    .description('all maps; -o wide with where they are pinned')
    .option('--type <type>', 'only those of this type: hash, array, ringbuf')
    .option('--bpffs <directory>', 'look for pins here', '/sys/fs/bpf')
    .addOption(outputOption())
    .addHelpText('after', examples('tsnctl map list', 'tsnctl map list --type lru_hash -o wide'))
    .action(async ({ type, bpffs, output }: MapFlags & { type?: string; bpffs: string }) => {
      const { listMaps, mapPins } = await import('libbpf-ts');
      const { renderMaps } = await import('../render/map.ts');
      const pins = mapPins(bpffs);
      const maps = listMaps()
        .filter((one) => type === undefined || one.type === type)
        .map((one) => ({ ...one, pins: pins.get(one.id) ?? [] }));
      await printResult(output, maps, (wide) => renderMaps(maps, wide));
    });
  map
    .command('show')
    .argument('<map>', WHICH)
    .description('what the kernel says of a map, and the types of its keys and values')
    .addOption(outputOption())
    .addHelpText('after', examples('tsnctl map show 42', 'tsnctl map show /sys/fs/bpf/flows -o yaml'))
    .action(async (which: string, { output }: MapFlags) => {
      using found = await open(which, {});
      const { mapPins } = await import('libbpf-ts');
      const { describeShape, renderMap } = await import('../render/map.ts');
      const shown = { ...found.info, pins: mapPins().get(found.info.id) ?? [], ...describeShape(found) };
      await printResult(output, shown, () => renderMap(shown));
    });
  withShape(map.command('dump'))
    .argument('<map>', WHICH)
    .description('all entries')
    .addOption(new Option('--limit <count>', 'at most so many').argParser(count))
    .addHelpText(
      'after',
      examples('tsnctl map dump flows', "tsnctl map dump 42 -o json | jq '.entries[].value'"),
    )
    .action(async (which: string, flags: MapFlags & { limit?: number }) => {
      const { dumpMap, renderEntries } = await import('../render/map.ts');
      using found = await open(which, flags);
      const result = dumpMap(found, flags.limit);
      sayBytes(found);
      await printResult(flags.output, result, (wide) => renderEntries(result.entries, wide));
    });
  withShape(map.command('get'))
    .argument('<map>', WHICH)
    .argument('<key>', 'as JSON, or as bytes: 0x0a000001')
    .description('the value of a key; exit code 1 where there is none')
    .addHelpText(
      'after',
      examples('tsnctl map get 42 7', `tsnctl map get routes '{"length": 8, "address": [10, 0, 0, 0]}'`),
    )
    .action(async (which: string, key: string, flags: MapFlags) => {
      const { entryOf, renderEntries } = await import('../render/map.ts');
      using found = await open(which, { ...flags, ...asBytes(key, undefined) });
      sayBytes(found);
      const wanted = readValue(found, 'key', key);
      const values = fits('key', () => found.getPerCpu(wanted));
      if (values === undefined)
        throw new TsnctlError('NO_KEY', `the map ${found.name} has no key ${key}`, {
          hint: `tsnctl map dump ${which}`,
        });
      const entry = entryOf(wanted, values, found.copies > 1);
      await printResult(flags.output, entry, () => renderEntries([entry], true));
    });
  map
    .command('set')
    .argument('<map>', WHICH)
    .argument('<key>', 'as JSON, or as bytes: 0x0a000001')
    .argument('<value>', 'as JSON, or as bytes; in a per-CPU map for every CPU')
    .description('set the value of a key')
    .addOption(
      new Option('--if <state>', 'only if the key is there, or is not').choices(['absent', 'present']),
    )
    .addOption(outputOption())
    .addHelpText(
      'after',
      examples(`tsnctl map set 42 7 '{"packets": "0"}'`, 'tsnctl map set 42 0x07000000 0x0000000000000000'),
    )
    .action(
      async (which: string, key: string, value: string, flags: MapFlags & { if?: 'absent' | 'present' }) => {
        using found = await open(which, { ...asBytes(key, value) });
        const wanted = readValue(found, 'key', key);
        fits('key', () => found.getPerCpu(wanted));
        using held = await heldBy(found, value);
        const written = held ?? readValue(found, 'value', value);
        fits('value', () => found.set(wanted, written, flags.if));
        const { entryOf, renderEntries } = await import('../render/map.ts');
        const entry = entryOf(wanted, found.getPerCpu(wanted) ?? [], found.copies > 1);
        await printResult(flags.output, entry, () => renderEntries([entry], true));
      },
    );
  withShape(map.command('watch'))
    .argument('<map>', WHICH)
    .description('what comes, goes and changes, until Ctrl-C')
    .addOption(
      new Option('--interval <ms>', 'milliseconds from one look to the next').default(1000).argParser(count),
    )
    .addOption(new Option('--looks <count>', 'end after so many').argParser(count))
    .addHelpText(
      'after',
      examples('tsnctl map watch flows', 'tsnctl map watch 42 --interval 100 --looks 10 -o json'),
    )
    .action(async (which: string, flags: MapFlags & { interval: number; looks?: number }) => {
      const { renderChange, watchMap } = await import('../render/map-changes.ts');
      using found = await open(which, flags);
      sayBytes(found);
      using stop = interruption();
      const asJson = flags.output === 'json' || flags.output === 'yaml';
      for await (const change of watchMap(found, { ...flags, until: stop.signal })) {
        const written = asJson ? () => renderChange(change) : undefined;
        if (written) await printResult(flags.output, change, written);
        else process.stdout.write(renderChange(change));
      }
    });
}

/** A map of programs or of maps takes one of them, here by its id. */
async function heldBy(map: BpfMap, text: string): Promise<({ fd: number } & Disposable) | undefined> {
  const { BpfMap, BpfProgram } = await import('libbpf-ts');
  const { type } = map.info;
  if (!/^\d+$/.test(text)) return undefined;
  if (type === 'prog_array') return BpfProgram.fromId(Number(text));
  return type.endsWith('_of_maps') ? BpfMap.fromId(Number(text)) : undefined;
}

type Decoded = { text?: boolean; bytes?: boolean | 'keys' | 'values' | 'both' };

async function open(which: string, { text, bytes }: Decoded): Promise<BpfMap> {
  const { findMap } = await import('libbpf-ts');
  const plainly = bytes === true ? 'both' : bytes || undefined;
  try {
    return findMap(which, { ...(text && { text }), ...(plainly && { bytes: plainly }) });
  } catch (error) {
    throw inOurWords(error);
  }
}

/** libbpf-ts is for every program: it names bpftool. */
function inOurWords(error: unknown): unknown {
  if (!(error instanceof TsnctlError) || error.code !== 'NO_MAP') return error;
  const hint = error.hint
    ?.replace('bpftool -f map show', 'tsnctl map list -o wide')
    .replace('bpftool map show', 'tsnctl map list');
  return new TsnctlError(error.code, error.message, { ...(hint !== undefined && { hint }), cause: error });
}

/** What is given as bytes is written as bytes. */
function asBytes(key: string, value: string | undefined): { bytes?: 'keys' | 'values' | 'both' } {
  const [isKey, isValue] = [HEX.test(key), value !== undefined && HEX.test(value)];
  if (isKey && isValue) return { bytes: 'both' };
  return isKey ? { bytes: 'keys' } : isValue ? { bytes: 'values' } : {};
}

const HEX = /^0x([0-9a-f]{2})+$/i;

function readValue(map: BpfMap, what: 'key' | 'value', text: string): unknown {
  if (HEX.test(text)) return Uint8Array.from(Buffer.from(text.slice(2), 'hex'));
  const { btf, types } = map;
  const json = parseJson(what, text);
  if (btf && types[what] !== 0) return fits(what, () => valueFromJson(btf, types[what], json));
  if (what === 'key' && map.keyIsIndex) return json;
  throw new TsnctlError('USAGE', `the map ${map.name} has no BTF: its ${what} is known by its bytes alone`, {
    hint: `0x..., ${what === 'key' ? map.info.keySize : map.info.valueSize} bytes`,
  });
}

/** What does not fit the type is the user's; the message has the path into it. */
function fits<T>(what: 'key' | 'value', action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new TsnctlError('USAGE', `the ${what} does not fit: ${cause.message}`, {
      hint: 'tsnctl map show tells its type, tsnctl map dump -o json how it is written',
      cause,
    });
  }
}

function parseJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (/^\w+$/.test(text)) return text; // the name of an enum needs no quotes
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TsnctlError('USAGE', `the ${what} ${text} is no JSON: ${why}`, {
      hint: `7, or '{"field": 7}', or bytes as 0x07000000`,
      cause,
    });
  }
}

function sayBytes(map: BpfMap): void {
  if (map.bytesBecause) process.stderr.write(`tsnctl: shown as bytes: ${map.bytesBecause}\n`);
}

function withShape(command: Command): Command {
  return command
    .option('--text', 'char arrays as text')
    .option('--bytes', 'as bytes, whatever BTF says')
    .addOption(outputOption());
}

function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it is a whole number from 1 on.');
}
