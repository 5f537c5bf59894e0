// `tsnctl ARGS` that is killed at one moment of its plan. It is loaded ahead; on stdin it is told what to do.
import { text } from 'node:stream/consumers';
import { onFaultPoint } from '@tsnctl/proxy';
import '@tsnctl/proxy/install';
import '../../src/commands/install.ts';
import { run } from '../../src/run.ts';

/** A moment of a plan: before or after its step of this kind. */
export interface Moment {
  readonly do: string;
  readonly when: 'before' | 'after';
}

export interface KilledVerb {
  readonly args: readonly string[];
  readonly moment: Moment;
}

const told = await text(process.stdin);
if (told === '') process.exit(0);
const { args, moment }: KilledVerb = JSON.parse(told);
onFaultPoint(({ when, step }) => {
  const isIt = when === moment.when && (step as { do?: string }).do === moment.do;
  if (isIt) process.kill(process.pid, 'SIGKILL');
});
process.exitCode = await run(args);
