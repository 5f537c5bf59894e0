import { expect, it } from 'vitest';
import { Renewal } from './renewal.ts';

const DAY_MS = 86_400_000;

function renewal(renew: () => void = () => undefined) {
  const state = { now: 10 * DAY_MS, renewed: 0, log: [] as string[] };
  const one = new Renewal({
    renew,
    everyMs: () => DAY_MS,
    log: (line) => state.log.push(line),
    onRenewed: () => state.renewed++,
    now: () => state.now,
  });
  return { one, state };
}

it('renews what is of unknown age, then once a day', () => {
  const { one, state } = renewal();
  one.renewIfDue();
  one.renewIfDue();
  expect(state.renewed).toBe(1);
  state.now += DAY_MS - 1;
  one.renewIfDue();
  expect(state.renewed).toBe(1);
  state.now += 1;
  one.renewIfDue();
  expect(state).toMatchObject({ renewed: 2, now: one.renewedAt });
});

it('goes on where a former agent was, and renews after the clock was set far back', () => {
  const { one, state } = renewal();
  one.loaded(state.now - DAY_MS / 2);
  one.renewIfDue();
  expect(state.renewed).toBe(0);
  state.now -= 3 * DAY_MS;
  one.renewIfDue();
  expect(state.renewed).toBe(1);
});

it('says that it failed, and tries again in a minute', () => {
  let fails = true;
  const { one, state } = renewal(() => {
    if (fails) throw new Error('another tsnctl is changing /sys/fs/bpf');
  });
  one.renewIfDue();
  one.renewIfDue();
  expect(state.log).toEqual(['loading the programs anew failed: another tsnctl is changing /sys/fs/bpf']);
  fails = false;
  state.now += 60_000;
  one.renewIfDue();
  expect(state.renewed).toBe(1);
});
