import { describe, expect, it, vi } from 'vitest';
import { missing, requires } from './requires.ts';

describe('missing', () => {
  it.each([
    [{}, undefined],
    [{ kernel: [3, 10] }, undefined],
    [{ programs: ['sh', 'cat'] }, undefined],
    [{ programs: ['sh', 'no-such-program', 'nor-this'] }, 'needs no-such-program, nor-this'],
  ] as const)('%j: %s', (needs, reason) => {
    expect(missing(needs)).toBe(reason);
  });

  it('says which kernel is needed and which is here', () => {
    expect(missing({ kernel: [99, 1] })).toMatch(/^needs kernel 99\.1, this is \d+\.\d+$/);
  });

  it('asks for root', () => {
    vi.spyOn(process, 'getuid').mockReturnValueOnce(1000).mockReturnValueOnce(0);
    expect(missing({ root: true })).toBe('needs root');
    expect(missing({ root: true })).toBeUndefined();
  });
});

describe('requires', () => {
  const skip = vi.fn((reason: string): never => {
    throw new Error(`skipped: ${reason}`);
  });
  const impossible = { kernel: [99, 0] } as const;

  it('goes on where nothing is missing', () => {
    expect(() => requires({ skip }, {}, {})).not.toThrow();
  });

  it('skips with the reason', () => {
    expect(() => requires({ skip }, impossible, {})).toThrow(/^skipped: needs kernel 99\.0/);
  });

  it('fails with the reason where nothing may be skipped', () => {
    expect(() => requires({ skip }, impossible, { TSNCTL_NO_SKIP: '1' })).toThrow(/^needs kernel 99\.0/);
  });
});
