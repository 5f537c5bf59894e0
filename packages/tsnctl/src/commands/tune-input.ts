import { TsnctlError } from '@tsnctl/codec';
import { withGates } from '@tsnctl/proxy';
import {
  type Context,
  type Finding,
  fromTcCommands,
  fromTcJson,
  type ImportedQdiscs,
  placeFindings,
  readSchedule,
  type Schedule,
  validate,
} from '@tsnctl/schedule';
import { inputName, readInput } from './read-input.ts';
import { givenFlags, inFlags, type ScheduleFlags, scheduleOfFlags } from './tune-flags.ts';

/** A schedule, and how to say where its parts stand. */
export interface GivenSchedule {
  /** What messages call it. */
  readonly file: string;
  readonly schedule: Schedule;
  place(findings: readonly Finding[]): readonly Finding[];
}

/** From a file, or from flags. @throws DocumentError; TsnctlError USAGE, NO_FILE */
export function scheduleFrom({ file, ...flags }: ScheduleFlags & { file?: string }): GivenSchedule {
  const given = givenFlags(flags);
  const [first] = given;
  if (file !== undefined && first !== undefined) {
    throw new TsnctlError('USAGE', `--file and --${first}: a schedule comes from one or the other`, {
      hint: `-f ${file} alone, with ${first} in it`,
    });
  }
  if (file !== undefined) return scheduleOfFile(file);
  if (!given.some((flag) => ['qdisc', 'class', 'gate', 'etf'].includes(flag))) {
    throw new TsnctlError('USAGE', 'there is no schedule', {
      hint: '-f schedule.yaml; or --qdisc fq; or --class and --gate; or --undo',
    });
  }
  return {
    file: 'the command line',
    schedule: scheduleOfFlags(flags),
    place: (findings) => findings.map((finding) => inFlags(finding, flags)),
  };
}

function scheduleOfFile(path: string): GivenSchedule {
  const file = inputName(path);
  const { schedule, source } = readSchedule(readInput(path), { file });
  return { file, schedule, place: (findings) => placeFindings(findings, source) };
}

/** Gates are computed where there are only streams; then all rules. */
export function judge(
  given: GivenSchedule,
  context: Context,
  dev?: string,
): { schedule: Schedule; findings: readonly Finding[] } {
  const named: Schedule = { ...given.schedule, ...(dev !== undefined && { dev }) };
  const schedule = withGates(named, context, given.file);
  return { schedule, findings: given.place(validate(schedule, context)) };
}

/** tc commands, or JSON of tc. */
export function importText(file: string): ImportedQdiscs {
  const text = readInput(file);
  return text.trimStart().startsWith('[') ? fromTcJson(text) : fromTcCommands(text);
}
