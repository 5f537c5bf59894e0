import { expect, it } from 'vitest';
import { parseConfig } from '../config/read-config.ts';
import { ConfigPolicies } from './config-policies.ts';
import type { PodInterface } from './policy-source.ts';

const pod = (over: Partial<PodInterface> = {}): PodInterface => ({
  ifindex: 7,
  name: 'veth7',
  identified: true,
  ...over,
});
const camera = pod({
  netns: ['cni-1'],
  pod: { namespace: 'plant', name: 'camera-1', uid: 'u1' },
  containers: ['c0ffee'],
});
const policies = (...matches: string[]) =>
  new ConfigPolicies(
    parseConfig(
      `policies: [${matches.map((match, at) => `{match: ${match}, allow: ${at + 1}}`).join(', ')}]`,
      'config.yaml',
    ).policies,
  );

it.each<[string, PodInterface, boolean]>([
  ['{interface: "*"}', pod(), true],
  ['{interface: "veth*"}', pod(), true],
  ['{interface: veth}', pod(), false],
  ['{interface: "v.th7"}', pod(), false], // a dot is a dot
  ['{namespace: plant, pod: "camera-*"}', camera, true],
  ['{namespace: plant, pod: "robot-*"}', camera, false],
  ['{namespace: plant}', pod(), false],
  ['{netns: "cni-*"}', camera, true],
  ['{uid: u1}', camera, true],
  ['{container: c0f}', camera, true],
  ['{container: ff}', camera, false],
  ['{interface: "veth*", namespace: other}', camera, false],
])('%s', (match, it, fits) => {
  expect(policies(match).policyFor(it)?.policy.allow).toEqual(fits ? [1] : undefined);
});

it('of several that match, the first holds', () => {
  expect(policies('{pod: robot}', '{namespace: plant}', '{interface: "*"}').policyFor(camera)).toMatchObject({
    policy: { allow: [2] },
    by: 'policy 2 of the configuration',
  });
});

it('waits for who the pod is, as long as an earlier policy may be meant', () => {
  const both = policies('{namespace: plant}', '{interface: "*"}');
  expect(both.needsIdentity).toBe(true);
  expect(both.policyFor(pod({ identified: false }))).toBeUndefined();
  expect(both.policyFor(pod())?.policy.allow).toEqual([2]);
  const first = policies('{interface: "*"}', '{namespace: plant}');
  expect(first.policyFor(pod({ identified: false }))?.policy.allow).toEqual([1]);
  expect(policies('{interface: "*"}').needsIdentity).toBe(false);
});

it('tells whoever listens that answers are other ones', () => {
  const source = policies('{interface: "*"}');
  let told = 0;
  using listening = source.subscribe(() => told++);
  source.set([]);
  expect({ told, found: source.policyFor(pod()) }).toEqual({ told: 1, found: undefined });
  listening[Symbol.dispose]();
  source.set([]);
  expect(told).toBe(1);
});
