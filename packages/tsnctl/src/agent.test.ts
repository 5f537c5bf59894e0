import { afterEach, expect, it, vi } from 'vitest';
import { run } from './run.ts';

afterEach(() => vi.restoreAllMocks());

it.each([
  ['--uplink =tai', '"=tai" names no uplink'],
  ['--uplink eth1=utc', '"eth1=utc" names no uplink'],
  ['--uplink eth1=tai=tai', '"eth1=tai=tai" names no uplink'],
  ['--mode both', "option '--mode <mode>' argument 'both' is invalid"],
  ['--grant 3,x', '"3,x" is not a list of priorities: "x"'],
  ['--grant-horizon 1s', '--grant-horizon limits launch times, which are not granted'],
])('tsnctl agent refuses before anything is done: %s', async (options, message) => {
  let stderr = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text;
    return true;
  });
  expect(await run(['agent', ...options.split(' ')])).toBe(2);
  expect(stderr).toContain(`tsnctl: ${message}. Try: `);
});

it('tsnctl agent refuses an empty namespace', async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(await run(['agent', '--netns', ''])).toBe(2);
});
