// In a machine whose first process is systemd: commands are killed before and after each step of their plans that is of
// these kinds, and the same command again has to bring it to its end. Says what it saw, a line of JSON each.
// Arguments: two bundles and one whose agent does not start, the names of the commands in verbs.ts, the kinds of steps;
// these with commas.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onFaultPoint } from '@tsnctl/proxy';
import { captureRun } from '../capture-run.ts';
import type { KilledVerb, Moment } from './killed-verb.ts';
import { lookAtNode, makeMachine } from './node-look.ts';
import { NODE, refusedUpgrade, type VerbName, verbsOf } from './verbs.ts';

const [, , first = '', second = '', broken = '', given = '', kinds = ''] = process.argv;
const KINDS: ReadonlySet<string> = new Set(kinds.split(','));
const verbs = verbsOf(first, second);
const names = given.split(',') as VerbName[];

copyFileSync(process.execPath, NODE);
makeMachine();
const untouched = lookAtNode();
let next = load();
if (!names.includes('install')) requireWell(await toItsEnd('install'));

const moments = new Map<VerbName, Moment[]>();
for (const name of names) moments.set(name, await passedBy(name));
const rounds = Math.max(...[...moments.values()].map(({ length }) => length));
for (let round = 0; round < rounds; round++) {
  for (const name of names) {
    const moment = moments.get(name)?.[round];
    const again = await toItsEnd(name, moment);
    if (moment) console.log(JSON.stringify({ command: name, ...moment, again }));
    else requireWell(again);
  }
}
if (names.includes('upgrade')) requireWell(await takenBack());
if (!names.includes('uninstall')) requireWell(await toItsEnd('uninstall'));
next.kill('SIGKILL');

/** The moments that a command passes on its way to its end. */
async function passedBy(name: VerbName): Promise<Moment[]> {
  const passed: Moment[] = [];
  using _ = onFaultPoint(({ when, step }) => {
    const { do: kind } = step as { do: string };
    if (KINDS.has(kind)) passed.push({ do: kind, when });
  });
  requireWell(await toItsEnd(name));
  return passed;
}

/** A command, killed before if so told: then the same again. `well`, or what is not. */
async function toItsEnd(name: VerbName, moment?: Moment): Promise<string> {
  const { prepare, args, version } = verbs[name]();
  const former = lookAtNode();
  prepare?.();
  if (moment) await killed({ args, moment });
  const { code, stderr } = await captureRun(args);
  if (code !== 0) return `exit code ${code}: ${stderr}`;
  if (version === null) return difference(lookAtNode(), untouched);
  const { code: status, stdout } = await captureRun(['status', '--wait', '60s']);
  if (status !== 0) return stdout;
  const { runs, pid, reload, state, links } = lookAtNode();
  return difference(
    { runs, anew: pid !== former.pid, reload, state, links },
    { runs: version, anew: true, reload: 'no', state: 'active', links: former.links || links },
  );
}

/** An upgrade whose agent does not start: the former one runs again. */
async function takenBack(): Promise<string> {
  const former = lookAtNode();
  const { code, stderr } = await captureRun(refusedUpgrade(broken));
  if (code !== 1 || !stderr.includes('; nothing is changed.')) return `exit code ${code}: ${stderr}`;
  const { code: status, stdout } = await captureRun(['status', '--wait', '60s']);
  return status === 0 ? difference({ ...lookAtNode(), pid: '' }, { ...former, pid: '' }) : stdout;
}

function difference(found: object, wanted: object): string {
  const [is, shall] = [found, wanted].map((one) => JSON.stringify(one));
  return is === shall ? 'well' : `${is} instead of ${shall}`;
}

function requireWell(again: string): void {
  if (again !== 'well') throw new Error(again);
}

/** The process that is killed next, told later when. */
function load(): ChildProcess {
  const program = fileURLToPath(new URL('killed-verb.ts', import.meta.url));
  return spawn(process.execPath, [...process.execArgv, program], { stdio: ['pipe', 'ignore', 'inherit'] });
}

async function killed(verb: KilledVerb): Promise<void> {
  const child = next;
  next = load();
  child.stdin?.end(JSON.stringify(verb));
  const [code, signal] = await once(child, 'close');
  if (signal !== 'SIGKILL') throw new Error(`it was not killed, and ended with ${code}`);
}
