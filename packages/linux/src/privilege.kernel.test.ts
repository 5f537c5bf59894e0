import { execFileSync } from 'node:child_process';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';
import { hasCapability, inInitialUserNamespace } from './privilege.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, programs: ['setpriv', 'unshare'] }));

/** Node's, for a script that imports our sources. */
const flags = ['-C', '@tsnctl/source', '--disable-warning=ExperimentalWarning', '-e'];
const names = ['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN', 'BPF'] as const;

it('is what this process has', () => {
  expect(hasCapability('NET_ADMIN')).toBe(true);
});

it.each([...names, undefined])('a process with none but %s has that one', (kept) => {
  const script = `import('${import.meta.resolve('./privilege.ts')}').then(({ hasCapability }) =>
    console.log(${JSON.stringify(names)}.filter((name) => hasCapability(name)).join()))`;
  const sets = kept === undefined ? '-all' : `-all,+${kept.toLowerCase()}`;
  const drop = [`--bounding-set=${sets}`, '--inh-caps=-all'];
  const answer = execFileSync('setpriv', [...drop, process.execPath, ...flags, script], { encoding: 'utf8' });
  expect(answer.trim()).toBe(kept ?? '');
});

it('root of another user namespace is told apart', () => {
  const script = `import('${import.meta.resolve('./privilege.ts')}').then(({ hasCapability, inInitialUserNamespace }) =>
    console.log(hasCapability('NET_ADMIN'), inInitialUserNamespace()))`;
  const answer = execFileSync('unshare', ['-Ur', process.execPath, ...flags, script], { encoding: 'utf8' });
  expect(answer).toBe('true false\n');
  expect(inInitialUserNamespace()).toBe(true);
});
