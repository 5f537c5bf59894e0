import { describe, expect, it } from 'vitest';
import { judge, testRuns, totalLine } from './test-run.ts';

describe('testRuns', () => {
  const names = (...args: Parameters<typeof testRuns>) =>
    testRuns(...args).map(({ kernel, set }) => `${kernel.name} ${set}`);

  it('short: an older and a newer kernel', () => {
    expect(names('short')).toEqual(['6.1 short', '6.12 short']);
  });

  it('full: all, of the real-time kernel the short set', () => {
    expect(names('full')).toEqual(['6.1 full', '6.1-rt short', '6.12 full', 'newest full']);
  });

  it('those that are named', () => {
    expect(names('full', ['6.1-rt', 'newest'])).toEqual(['6.1-rt full', 'newest full']);
    expect(() => names('short', ['6'])).toThrow('there is no kernel "6"');
  });
});

describe('judge', () => {
  const good = { ended: 'exited 0', report: { passed: 3, failed: 0, skipped: [] }, ms: 61_400, noSkip: true };
  const skipped = [{ name: 'a.vm.test.ts: it', reason: 'needs ip' }];

  it('is content when something passed, and nothing failed or was skipped', () => {
    const lines = ['6.1: 3 passed, 0 failed, 0 skipped, 61 s'];
    expect(judge('6.1', good)).toEqual({ kernel: '6.1', ok: true, passed: 3, failed: 0, skipped: 0, lines });
  });

  it.each([
    ['a failed test', { ended: 'exited 1', report: { passed: 2, failed: 1, skipped: [] } }],
    ['a panic', { ended: 'panic: Kernel panic', report: undefined }],
    ['a panic after the report', { ended: 'panic: Kernel panic' }],
    ['no report', { report: undefined }],
    ['no test', { report: { passed: 0, failed: 0, skipped: [] } }],
    ['a skipped test', { report: { passed: 1, failed: 0, skipped } }],
  ])('is not content with %s', (_, difference) => {
    expect(judge('6.1', { ...good, ...difference }).ok).toBe(false);
  });

  it('takes skipped tests where they are allowed, and says why they were', () => {
    const report = { passed: 1, failed: 0, skipped };
    expect(judge('6.1', { ...good, report, noSkip: false })).toEqual({
      kernel: '6.1',
      ok: true,
      passed: 1,
      failed: 0,
      skipped: 1,
      lines: ['6.1: skipped: a.vm.test.ts: it (needs ip)', '6.1: 1 passed, 0 failed, 1 skipped, 61 s'],
    });
  });

  it('says how a boot ended that brought no result', () => {
    const { lines } = judge('6.1', { ...good, ended: 'hang: no sign of life for 90 s', report: undefined });
    expect(lines).toEqual(['6.1: 0 passed, 0 failed, 0 skipped, 61 s, hang: no sign of life for 90 s']);
  });
});

describe('totalLine', () => {
  const run = { kernel: '6.1', ok: true, passed: 3, failed: 0, skipped: 0, lines: [] };

  it('adds up', () => {
    expect(totalLine([run, { ...run, kernel: '6.12', passed: 4 }])).toBe(
      'tests in virtual machines: 7 passed, 0 failed, 0 skipped',
    );
  });

  it('names the kernels where something is wrong, also where no test has failed', () => {
    const [failed, lost] = [
      { ...run, kernel: '6.12', ok: false, failed: 1, skipped: 2 },
      { ...run, kernel: 'newest', ok: false, passed: 0 },
    ];
    expect(totalLine([run, failed, lost])).toBe(
      'tests in virtual machines: 6 passed, 1 failed, 2 skipped; not as they should: 6.12, newest',
    );
  });
});
