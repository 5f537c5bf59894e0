import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mount } from '@tsnctl/linux';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { expect, it } from 'vitest';
import { sweep } from './lab.ts';

useLeakCheck();

it('what a killed process has left of its lab goes, with all that is mounted there', (ctx) => {
  requires(ctx, { root: true });
  const { pid } = spawnSync('true');
  const directory = `/run/tsnctl-lab-${pid}-0`;
  for (const [type, name] of [
    ['bpf', 'bpf'],
    ['tmpfs', 'disk'],
    ['tmpfs', 'disk/inner'],
  ] as const) {
    mkdirSync(join(directory, name), { recursive: true });
    mount(type, join(directory, name), { type });
  }
  sweep();
  expect(existsSync(directory)).toBe(false);
});
