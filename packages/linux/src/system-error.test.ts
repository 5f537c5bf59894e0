import { readFileSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { describe, expect, it } from 'vitest';
import { isErrno, SystemError } from './system-error.ts';

describe('SystemError', () => {
  it.each([
    [1, 'EPERM', 'bpf: operation not permitted'],
    [19, 'ENODEV', 'bpf: no such device'],
    [67, 'ENOLINK', 'bpf: the link has been severed'],
    [95, 'ENOTSUP', 'bpf: operation is not supported'],
    [116, 'ESTALE', 'bpf: stale: it has changed meanwhile'],
    [524, 'ENOTSUPP', 'bpf: operation is not supported'],
    [115, 'EINPROGRESS', 'bpf: error 115 (EINPROGRESS)'],
    [4000, 'errno 4000', 'bpf: error 4000 (errno 4000)'],
  ])('of errno %i is %s', (errno, code, message) => {
    expect(new SystemError('bpf', errno)).toMatchObject({
      name: 'SystemError',
      code,
      message,
      errno,
      syscall: 'bpf',
    });
  });

  it('takes a message, a hint and a cause', () => {
    const error = new SystemError('bpf', 1, { message: 'no', hint: 'as root', cause: 'the log' });
    expect(error).toMatchObject({ code: 'EPERM', message: 'no', hint: 'as root', cause: 'the log' });
  });

  it('is a TsnctlError, without a hint unless there is one', () => {
    const error = new SystemError('bpf', 1);
    expect(error).toBeInstanceOf(TsnctlError);
    expect('hint' in error).toBe(false);
    expect('cause' in error).toBe(false);
  });
});

describe('isErrno', () => {
  it("knows this package's errors and Node's", () => {
    expect(isErrno(new SystemError('open', 2), 'EPERM', 'ENOENT')).toBe(true);
    expect(isErrno(new SystemError('open', 2), 'EPERM')).toBe(false);
    expect(
      isErrno(
        errorOf(() => readFileSync('/no/such/file')),
        'ENOENT',
      ),
    ).toBe(true);
  });

  it.each([undefined, null, 'ENOENT', { code: 'ENOENT' }, new Error('ENOENT')])('%o is none', (thing) => {
    expect(isErrno(thing, 'ENOENT')).toBe(false);
  });
});

function errorOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
