import { expect, it } from 'vitest';
import { describeOutcome, type Evidence, outcomeOf, tail } from './outcome.ts';

const nothing: Evidence = { exit: undefined, console: '', qemu: 'qemu exited 0' };
const panic = '[  7.3] Kernel panic - not syncing: Fatal exception\r\n[  7.4] Kernel Offset: 0x1';

it.each<[string, Partial<Evidence>, string]>([
  ['success', { exit: '0\n' }, 'exited 0'],
  ['an exit code', { exit: '7\n' }, 'exited 7'],
  ['a panic', { console: panic }, 'panic: Kernel panic - not syncing: Fatal exception'],
  [
    "QEMU's fault",
    { console: `[  1.3] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI\r\n${panic}` },
    'panic by a fault of QEMU, not of the kernel: int3: 0000 [#1] PREEMPT SMP NOPTI',
  ],
  [
    'a breakpoint in an oops after the first',
    { console: `[  1.3] Oops: int3: 0000 [#2] SMP\r\n${panic}` },
    'panic: Kernel panic - not syncing: Fatal exception',
  ],
  [
    'a panic after the end',
    { exit: '0\n', console: panic },
    'panic: Kernel panic - not syncing: Fatal exception',
  ],
  ['a hang', { stopped: { kind: 'hang', silentMs: 90_100 } }, 'hang: no sign of life for 90 s'],
  ['a time-out', { stopped: { kind: 'timed out', limitMs: 600_000 } }, 'timed out: not done after 600 s'],
  [
    'an end just before the time-out',
    { exit: '0\n', stopped: { kind: 'timed out', limitMs: 1 } },
    'exited 0',
  ],
  ['power off', {}, 'no result: the machine ended before its command did (qemu exited 0)'],
  ['half a result', { exit: '' }, 'no result: the machine ended before its command did (qemu exited 0)'],
])('%s', (_, evidence, expected) => {
  expect(describeOutcome(outcomeOf({ ...nothing, ...evidence }))).toBe(expected);
});

it('tail shows the last lines, without carriage returns', () => {
  expect(tail('1\r\n2\r\n3\r\n\r\n', 2)).toBe('2\n3');
  expect(tail('')).toBe('');
});
