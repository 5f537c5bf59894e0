import { describe, expect, it } from 'vitest';
import { CodecError, TsnctlError } from './index.ts';

describe('TsnctlError', () => {
  it('carries code, hint and cause, and is named after its class', () => {
    const cause = new Error('deeper');
    const error = new TsnctlError('NO_BPFFS', 'nothing is mounted', { hint: 'mount it', cause });
    expect(error).toMatchObject({ name: 'TsnctlError', code: 'NO_BPFFS', hint: 'mount it', cause });
    expect(Object.keys(new TsnctlError('X', 'y'))).not.toContain('hint');
  });

  it('is what a CodecError is', () => {
    expect(new CodecError('a.0', 'is odd')).toBeInstanceOf(TsnctlError);
    expect(new CodecError('a.0', 'is odd')).toMatchObject({
      name: 'CodecError',
      code: 'CODEC',
      message: 'a.0: is odd',
    });
    expect(new CodecError('', 'is odd').message).toBe('is odd');
  });
});
