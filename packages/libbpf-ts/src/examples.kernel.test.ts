import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';
import { testObject } from '../test/objects.ts';
import { runExample } from '../test/run-example.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 17] }));

it.each([
  ['maps', /^7: 1 packets, OPEN\n$/],
  [
    'ring-buffer',
    /^event 0: flow 0, priority 5\nevent 1: flow 1, priority 5\nevent 2: flow 2, priority 5\n0 were dropped\n$/,
  ],
  ['attach', /^sending runs at the egress of interface 1, until this program ends\n$/],
  ['inspect', /^(\d+ \w*hash .*:[\s\S]+\n)*$/],
])('the example %s does what it says', (name, output) => {
  const file = new URL(`../examples/${name}.ts`, import.meta.url);
  expect(runExample(file, testObject('bench'))).toMatch(output);
});
