import { TsnctlError } from '@tsnctl/codec';
import { DocumentError } from '@tsnctl/document';
import { type Finding, readSchedule, type Schedule } from '@tsnctl/schedule';
import type { Command } from 'commander';

/** A schedule as flags: each is a key of the file. */
export interface ScheduleFlags {
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

/** The flag of each key of a schedule. */
const flagOf: Readonly<Record<string, string>> = {
  qdisc: '--qdisc',
  classes: '--class',
  gates: '--gate',
  cycle: '--cycle',
  baseTime: '--base-time',
  clock: '--clock',
  offload: '--offload',
  linkSpeed: '--link-speed',
};

const EXAMPLES = { class: '--class control=6-7', gate: '--gate control=200us', etf: '--etf control=300us' };

export function withScheduleFlags(command: Command): Command {
  const collect = (value: string, before: string[] = []) => [...before, value];
  return command
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

/** Those that are given, by their keys. */
export function givenFlags(flags: ScheduleFlags): (keyof ScheduleFlags)[] {
  const all = [
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
  return all.filter((flag) => flags[flag] !== undefined);
}

/** @throws TsnctlError USAGE which says the flag */
export function scheduleOfFlags(flags: ScheduleFlags): Schedule {
  try {
    return readSchedule(JSON.stringify(documentOf(flags)), { file: 'the command line' }).schedule;
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    const said = error.problems.map((problem) => inFlags(problem, flags));
    const messages = said.map(({ path, message }) => [...path, message].join(': '));
    const hints = said.flatMap(({ hint }) => (hint === undefined ? [] : [hint]));
    throw new TsnctlError('USAGE', [...new Set(messages)].join('; '), {
      ...(hints.length > 0 && { hint: [...new Set(hints)].join('; ') }),
    });
  }
}

/** What is wrong with a key, said of the flag that somebody has typed. */
export function inFlags<T extends Pick<Finding, 'path' | 'message' | 'hint'>>(
  problem: T,
  flags: ScheduleFlags,
): T {
  const typed = typedFlag(problem.path, flags);
  return {
    ...problem,
    path: typed === undefined ? [] : [typed],
    ...(problem.hint !== undefined && { hint: hintInFlags(problem.hint, flags) }),
  };
}

/** `--class control=6-7` for the path `classes.0.priorities`. */
function typedFlag([key, at, part]: Finding['path'], flags: ScheduleFlags): string | undefined {
  const flag = flagOf[String(key)];
  if (flag === undefined) return undefined;
  if (typeof at === 'number') {
    const text = (key === 'classes' ? flags.class : flags.gate)?.[at] ?? '';
    const etf = flags.etf?.find((one) => nameOf(one) === nameOf(text));
    return part === 'etf' && etf !== undefined ? `--etf ${etf}` : `${flag} ${text}`;
  }
  const value = flags[key as keyof ScheduleFlags];
  if (typeof value === 'string') return `${flag} ${value}`;
  return key === 'classes' || key === 'gates' ? flag : undefined; // a default, or the interface's own
}

/** Keys of a file become flags: `qdisc: fq` is `--qdisc fq`. What no flag can say needs a file. */
function hintInFlags(hint: string, flags: ScheduleFlags): string {
  return hint
    .replace(/^delta: (\w+)/, '--etf CLASS=$1')
    .replace(/etf: \{delta: (\w+).*?\} in a class/, '--etf CLASS=$1')
    .replace(/\bgates\.(\d+)\.open/, (_, at) => `--gate ${flags.gate?.[Number(at)]}`)
    .split('; ')
    .map((part) => {
      const [, or = '', key = '', value = ''] = /^(or )?(\w+): (.*)$/.exec(part) ?? [];
      if (key === 'classes') return or + EXAMPLES.class;
      if (key === 'gates') return or + EXAMPLES.gate;
      if (flagOf[key] !== undefined) return `${or}${flagOf[key]} ${value}`;
      return key === '' ? part : `${or}-f FILE, with ${key}: ${value}`;
    })
    .join('; ');
}

function documentOf(flags: ScheduleFlags): Record<string, unknown> {
  const etfs = new Map((flags.etf ?? []).map((text) => pair('etf', text)));
  const classes = (flags.class ?? []).map((text) => {
    const [name, rest] = pair('class', text);
    const [, priorities = '', queues] = /^([^@]*)(?:@(.*))?$/.exec(rest) ?? [];
    const delta = etfs.get(name);
    etfs.delete(name);
    return {
      name,
      ...(priorities !== '' && { priorities }),
      ...(queues !== undefined && { queues }),
      ...(delta !== undefined && { etf: { delta, skipSockCheck: true } }),
    };
  });
  const [stray] = etfs.keys();
  if (stray !== undefined) {
    throw new TsnctlError('USAGE', `--etf ${stray}: there is no such class`, { hint: `--class ${stray}=5` });
  }
  const gates = flags.gate?.map((text) => {
    const [open, time] = pair('gate', text);
    return { open: open === 'all' || open === 'none' ? open : open.split('+'), for: time };
  });
  const { qdisc, cycle, baseTime, clock, offload, linkSpeed } = flags;
  return { qdisc, cycle, baseTime, clock, offload, linkSpeed, classes, gates };
}

function pair(option: keyof typeof EXAMPLES, text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new TsnctlError('USAGE', `--${option} ${text} has no name and value`, { hint: EXAMPLES[option] });
}

function nameOf(text: string): string {
  return text.split('=')[0] ?? '';
}
