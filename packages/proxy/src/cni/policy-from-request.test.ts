import { type JsonObject, ourConfig } from '@tsnctl/cni';
import { describe, expect, it } from 'vitest';
import { policyFromRequest } from './policy-from-request.ts';

const ALL = { priorities: '1-15', txtime: true, horizon: '20s' };

describe('what a pod gets is what it asks for and the network grants', () => {
  it.each<[string, JsonObject, JsonObject | undefined, object, string[]]>([
    ['all of it', { priorities: '3,5-6' }, ALL, { allow: [3, 5, 6] }, []],
    ['nothing without a grant', { priorities: '3' }, undefined, {}, ['priority 3']],
    ['nothing of an empty grant', { txtime: 'true' }, {}, {}, ['launch times']],
    ['a part', { priorities: '3,5-8' }, { priorities: '1-6' }, { allow: [3, 5, 6] }, ['priorities 7-8']],
    [
      'a remapping',
      { priorities: '3', remap: '6=3' },
      { priorities: '3' },
      { allow: [3], remap: { 6: 3 } },
      [],
    ],
    [
      'no remapping to what is not granted',
      { priorities: '3,5', remap: '6=5,7=3' },
      { priorities: '3' },
      { allow: [3], remap: { 7: 3 } },
      ['priority 5', 'remapping 6=5'],
    ],
    ['launch times', { txtime: 'true' }, { txtime: true }, { horizonNs: 10_000_000_000n }, []],
    [
      'the shorter horizon: its own',
      { txtime: 'true', horizon: '20ms' },
      ALL,
      { horizonNs: 20_000_000n },
      [],
    ],
    [
      'the shorter horizon: the granted one',
      { txtime: 'true', horizon: '20s' },
      { txtime: true, horizon: '1s' },
      { horizonNs: 1_000_000_000n },
      ['launch times beyond 1s'],
    ],
    [
      'the granted horizon where it names none',
      { txtime: 'true' },
      { txtime: true, horizon: '1s' },
      { horizonNs: 1_000_000_000n },
      [],
    ],
    ['nothing where it says no', { txtime: 'false' }, ALL, {}, []],
  ])('%s', (_, asked, grant, policy, withheld) => {
    expect(request(asked, grant)).toEqual({
      policy: { allow: [], remap: {}, horizonNs: 0n, ...policy },
      asks: true,
      withheld,
    });
  });

  it('asks for nothing without annotations of ours', () => {
    const nothing = { policy: { allow: [], remap: {}, horizonNs: 0n }, asks: false, withheld: [] };
    expect(request({}, ALL)).toEqual(nothing);
    expect(policyFromRequest({ config: { grant: ALL }, runtimeConfig: {} })).toEqual(nothing);
    const others = { 'example.org/tsnctl.dev': '1', 'tsnctl.dev': 'x', __proto__: 'y' };
    expect(policyFromRequest({ config: {}, runtimeConfig: { [KEY]: others } })).toEqual(nothing);
  });
});

describe('a pod that asks wrongly does not start', () => {
  it.each<[JsonObject, string]>([
    [{ priorities: '3,x' }, 'annotation tsnctl.dev/priorities: "3,x" is not a list of priorities: "x"'],
    [{ priorities: '' }, 'annotation tsnctl.dev/priorities: "" is not a list of priorities: ""'],
    [{ priorities: '16' }, 'annotation tsnctl.dev/priorities: "16" is not a list of priorities: "16"'],
    [{ priorities: 3 }, 'annotation tsnctl.dev/priorities: "3": is not a string'],
    [{ remap: '6' }, 'annotation tsnctl.dev/remap: "6" is not a list of remappings: "6"'],
    [
      { remap: '6=3' },
      'annotation tsnctl.dev/remap: "6=3": priority 6 is remapped to 3, which is not allowed',
    ],
    [
      { priorities: '3,6', remap: '6=3' },
      'annotation tsnctl.dev/remap: "6=3": priority 6 is both allowed and remapped to 3',
    ],
    [{ txtime: 'yes' }, 'annotation tsnctl.dev/txtime: "yes": is neither true nor false'],
    [{ txtime: 'true', horizon: '20' }, 'annotation tsnctl.dev/horizon: "20" is not a horizon'],
    [
      { horizon: '20ms' },
      'annotation tsnctl.dev/horizon: "20ms": limits launch times, which are not asked for',
    ],
    [{ prioritys: '3' }, 'annotation tsnctl.dev/prioritys: "3": is none of ours'],
  ])('%o', (asked, message) => {
    expect(refusal(() => request(asked, ALL))).toMatchObject({ cniCode: 7, message });
  });

  it('with what would do instead', () => {
    expect(refusal(() => request({ prioritys: '3' }, ALL))).toMatchObject({
      hint: 'one of tsnctl.dev/priorities, tsnctl.dev/remap, tsnctl.dev/txtime, tsnctl.dev/horizon',
    });
    expect(refusal(() => request({ priorities: 'x'.repeat(10_000) }, ALL)).message.length).toBeLessThan(
      1_000,
    );
  });
});

describe('a wrong grant is refused, whatever the pod asks', () => {
  it.each<[unknown, string]>([
    ['1-6', `the plugin's entry: "grant" is "1-6"`],
    [null, `the plugin's entry: "grant" is null`],
    [[], `the plugin's entry: "grant" is []`],
    [{ priorities: 3 }, `the plugin's entry: "grant.priorities" is 3`],
    [{ priorities: '0-3' }, `the plugin's entry: "grant.priorities" is "0-3"`],
    [{ txtime: 'true' }, `the plugin's entry: "grant.txtime" is "true"`],
    [{ txtime: true, horizon: '1h' }, `the plugin's entry: "grant.horizon" is "1h"`],
    [{ horizon: '1s' }, `the plugin's entry: "grant.horizon" is "1s"`],
    [{ txtimes: true }, `the plugin's entry: "grant.txtimes" is true`],
  ])('%o', (grant, message) => {
    for (const asked of [{}, { priorities: '3' }]) {
      expect(refusal(() => request(asked, grant as JsonObject))).toMatchObject({ cniCode: 7, message });
    }
  });

  it('so is an entry with a key that is none', () => {
    for (const key of ['grants', 'Grant', 'policy', 'socketPath']) {
      expect(refusal(() => policyFromRequest({ config: { [key]: ALL }, runtimeConfig: {} }))).toMatchObject({
        cniCode: 7,
        message: `the plugin's entry: no such key: "${key}"`,
        hint: 'one of grant, onAgentDown, socket, timeoutMs',
      });
    }
  });

  it('not so what the runtime and the specification put there', () => {
    const theirs = {
      ...{
        type: 'tsnctl',
        cniVersion: '1.1.0',
        name: 'pods',
        capabilities: {},
        runtimeConfig: {},
        prevResult: {},
      },
      ...{ args: {}, dns: {}, ipam: {}, ipMasq: true, 'cni.dev/valid-attachments': [] },
    };
    const config = {
      ...ourConfig({ onAgentDown: 'pass', socket: '/s', timeoutMs: 1, grant: ALL }),
      ...theirs,
    };
    expect(policyFromRequest({ config, runtimeConfig: {} }).asks).toBe(false);
  });

  it.each([['x'], [3], [[]]])('so is what should be annotations: %o', (annotations) => {
    const runtimeConfig = { [KEY]: annotations };
    expect(refusal(() => policyFromRequest({ config: {}, runtimeConfig })).message).toMatch(
      /is not an object$/,
    );
  });
});

const KEY = 'io.kubernetes.cri.pod-annotations';

function request(asked: JsonObject, grant: JsonObject | undefined) {
  const annotations = Object.fromEntries(
    Object.entries(asked).map(([key, value]) => [`tsnctl.dev/${key}`, value]),
  );
  return policyFromRequest({
    config: grant === undefined ? {} : { grant },
    runtimeConfig: { [KEY]: { 'example.org/other': 'x', ...annotations } },
  });
}

function refusal(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was not refused');
}
