import { TsnctlError } from '@tsnctl/codec';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { whenFree } from './when-free.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }));
afterEach(() => vi.useRealTimers());

const locked = new TsnctlError('LOCKED', 'another tsnctl is changing /sys/fs/bpf');

it('waits while another changes the same', async () => {
  const action = vi.fn(() => 'done');
  for (let time = 0; time < 10; time++)
    action.mockImplementationOnce(() => {
      throw locked;
    });
  const waiting = whenFree(action);
  await vi.advanceTimersByTimeAsync(1_000);
  await expect(waiting).resolves.toBe('done');
  expect(action).toHaveBeenCalledTimes(11);
});

it('gives up after three seconds, with what it was told', async () => {
  const refused = expect(
    whenFree(() => {
      throw locked;
    }),
  ).rejects.toBe(locked);
  await vi.advanceTimersByTimeAsync(4_000);
  await refused;
});

it('does not try again what fails for another reason', async () => {
  const action = vi.fn(() => {
    throw new TsnctlError('NO_INTERFACE', 'there is no interface pod9');
  });
  await expect(whenFree(action)).rejects.toThrow('there is no interface pod9');
  expect(action).toHaveBeenCalledOnce();
});
