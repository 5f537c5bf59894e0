import { readFileSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import type { Source } from '@tsnctl/document';
import {
  fromTcCommands,
  fromTcJson,
  type ImportedQdiscs,
  readSchedule,
  type Schedule,
} from '@tsnctl/schedule';
import type { Command } from 'commander';

/** A schedule, and where its parts stand. */
export interface GivenSchedule {
  readonly file: string;
  /** Without a text of its own. */
  readonly fromFlags: boolean;
  readonly schedule: Schedule;
  readonly source: Source;
}

/** A schedule as flags: each is a key of the file. */
export interface ScheduleFlags {
  file?: string;
  qdisc?: string;
  class?: string[];
  gate?: string[];
  etf?: string[];
  cycle?: string;
  baseTime?: string;
  clock?: string;
  offload?: string;
  linkSpeed?: string;
}

const FLAGS = [
  'qdisc',
  'class',
  'gate',
  'etf',
  'cycle',
  'baseTime',
  'clock',
  'offload',
  'linkSpeed',
] as const;

export function withScheduleFlags(command: Command): Command {
  const collect = (value: string, before: string[] = []) => [...before, value];
  return command
    .option('-f, --file <file>', 'the schedule, as YAML or JSON; - is standard input')
    .option(
      '--qdisc <kind>',
      'without a file: taprio, mqprio, etf, cbs, fq, mq, prio ... (default: by what else is said)',
    )
    .option(
      '--class <name=priorities>',
      'a class, with TX queues: control=6-7, rest=0-5@2 (repeatable)',
      collect,
    )
    .option(
      '--gate <classes=time>',
      'open for so long: control=200us, a+b=1ms, none=10us (repeatable)',
      collect,
    )
    .option(
      '--etf <class=delta>',
      'launch times in this class, handed over so long before: control=300us (repeatable)',
      collect,
    )
    .option('--cycle <time>', 'how long a cycle takes (default: the sum of the gates)')
    .option('--base-time <time>', 'when the first begins, in its clock (default: 0ns, at whole multiples)')
    .option('--clock <clock>', 'tai, monotonic, realtime or boottime (default: tai)')
    .option('--offload <who>', 'none, txtime-assist or full (default: none)')
    .option('--link-speed <rate>', "of the link: 1Gbit (default: the interface's)");
}

/** From a file, or from flags. @throws DocumentError; TsnctlError USAGE, NO_FILE */
export function scheduleFrom(flags: ScheduleFlags): GivenSchedule {
  const said = FLAGS.filter((flag) => flags[flag] !== undefined);
  if (flags.file !== undefined && said.length > 0) {
    throw new TsnctlError('USAGE', `--file and --${said[0]}: a schedule comes from one or the other`, {
      hint: `-f ${flags.file} alone, with ${said[0]} in it`,
    });
  }
  if (flags.file === undefined && said.length === 0) {
    throw new TsnctlError('USAGE', 'there is no schedule', {
      hint: '-f schedule.yaml; or --qdisc fq; or --class and --gate; or --undo',
    });
  }
  const file = flags.file === undefined ? 'the command line' : nameOf(flags.file);
  const text = flags.file === undefined ? JSON.stringify(documentOf(flags)) : readText(flags.file);
  return { file, fromFlags: flags.file === undefined, ...readSchedule(text, { file }) };
}

/** tc commands, or JSON of tc. */
export function importText(file: string): ImportedQdiscs {
  const text = readText(file);
  return text.trimStart().startsWith('[') ? fromTcJson(text) : fromTcCommands(text);
}

function documentOf(flags: ScheduleFlags): Record<string, unknown> {
  const etfs = new Map((flags.etf ?? []).map((text) => pair('--etf', text, 'control=300us')));
  const classes = (flags.class ?? []).map((text) => {
    const [name, rest] = pair('--class', text, 'control=6-7');
    const [priorities = '', queues] = rest.split('@');
    const delta = etfs.get(name);
    etfs.delete(name);
    return {
      name,
      ...(priorities !== '' && { priorities }),
      ...(queues !== undefined && { queues: Number(queues) }),
      ...(delta !== undefined && { etf: { delta, skipSockCheck: true } }),
    };
  });
  const [stray] = etfs.keys();
  if (stray !== undefined) {
    throw new TsnctlError('USAGE', `--etf ${stray}: there is no such class`, { hint: `--class ${stray}=5` });
  }
  const gates = flags.gate?.map((text) => {
    const [open, time] = pair('--gate', text, 'control=200us');
    return { open: open === 'all' || open === 'none' ? open : open.split('+'), for: time };
  });
  const { qdisc, cycle, baseTime, clock, offload, linkSpeed } = flags;
  const all = {
    qdisc,
    cycle,
    baseTime,
    clock,
    offload,
    linkSpeed,
    ...(classes.length > 0 && { classes }),
    gates,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function pair(option: string, text: string, example: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new TsnctlError('USAGE', `${option} ${text} has no name and value`, { hint: `${option} ${example}` });
}

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    const why =
      cause instanceof Error ? cause.message.replace(/^[A-Z]+: /, '').replace(/, (open|read).*$/, '') : cause;
    throw new TsnctlError('NO_FILE', `${nameOf(file)}: ${why}`, {
      hint: 'a file that exists and can be read; - is standard input',
      cause,
    });
  }
}
