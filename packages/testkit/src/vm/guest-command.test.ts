import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { guestScript } from './guest-command.ts';

it('hands arguments, variables and the directory to the command as they are', () => {
  const word = `it's "$HOME" \\ *\n`;
  const argv = ['sh', '-c', 'printf "%s|%s|%s" "$PWD" "$WORD" "$1"', 'sh', word];
  const script = guestScript({ argv, directory: '/usr', environment: { WORD: word }, modules: [] });
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(`/usr|${word}|${word}`);
});

it('loads modules first, and goes no further without them', () => {
  const script = guestScript({
    argv: ['true'],
    directory: '/',
    environment: {},
    modules: ['sch_etf', 'veth'],
  });
  expect(script).toBe("modprobe -a 'sch_etf' 'veth' || exit\ncd '/' || exit\nexec 'true'\n");
});
