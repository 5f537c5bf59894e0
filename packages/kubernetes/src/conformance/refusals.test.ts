import { describe, expect, it } from 'vitest';
import { useTestCluster } from '../../test/test-cluster.ts';
import { KubeError } from '../client/kube-error.ts';
import { customPath } from '../client/paths.ts';

// Against the API server in this process, or a real one: npm run test:cluster, with KUBECONFIG. Of the server's own words
// those that have stayed from version to version.

const cluster = useTestCluster();
const policyOf = (spec: object) => cluster().policy('p', spec);
const nicOf = (spec: object) => cluster().nic('i', spec);
const selecting = (expression: object) => policyOf({ podSelector: { matchExpressions: [expression] } });

async function refusal(attempt: Promise<unknown>): Promise<KubeError> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof KubeError) return error;
  throw new Error(`it was not refused: ${error}`);
}

describe('what is created and is', () => {
  it.each([
    [
      'a priority out of range',
      () => policyOf({ priorities: [16] }),
      'spec.priorities[0]: Invalid value: 16: spec.priorities[0] in body should be less than or equal to 15',
    ],
    ['a priority twice', () => policyOf({ priorities: [3, 3] }), 'spec.priorities[1]: Duplicate value: 3'],
    [
      'a remapping twice',
      () => policyOf({ remap: [6, 6].map((from) => ({ from, to: 3 })) }),
      'spec.remap[1]: Duplicate value: ',
    ],
    [
      'no priority',
      () => policyOf({ priorities: [] }),
      'spec.priorities: Invalid value: 0: spec.priorities in body should have at least 1 items',
    ],
    [
      'more priorities than there are',
      () => policyOf({ priorities: Array.from({ length: 16 }, (_, at) => at || 1) }),
      'spec.priorities: Too many: 16',
    ],
    [
      'a text for a number',
      () => policyOf({ priorities: ['3'] }),
      'spec.priorities[0]: Invalid value: "string": spec.priorities[0] in body must be of type integer: "string"',
    ],
    [
      'nothing where something has to be',
      () => policyOf({ namespaceSelector: undefined }),
      'spec.namespaceSelector: Required value',
    ],
    [
      'null where something has to be',
      () => policyOf({ namespaceSelector: null }),
      'spec.namespaceSelector: Required value',
    ],
    [
      'of no length of time',
      () => policyOf({ launchTime: { horizon: 'soon' } }),
      "spec.launchTime.horizon in body should match '^[1-9][0-9]*(ns|us|ms|s)$'",
      'evaluating rule: a horizon is no longer than 31536000s',
    ],
    [
      'of a length of time that nobody can count',
      () => policyOf({ launchTime: { horizon: '31536001s' } }),
      'spec.launchTime.horizon: Invalid value: ',
      'a horizon is no longer than 31536000s',
    ],
    [
      'of a length of time that is too long to be read',
      () => policyOf({ launchTime: { horizon: `1${'0'.repeat(20)}ns` } }),
      'spec.launchTime.horizon: Too long',
    ],
    [
      'a remapping to what is not granted',
      () => policyOf({ remap: [{ from: 6, to: 5 }] }),
      'spec.remap: Invalid value: ',
      'a priority can be remapped only to one of spec.priorities',
    ],
    [
      'a remapping of what is granted',
      () => policyOf({ priorities: [3, 6], remap: [{ from: 6, to: 3 }] }),
      'a priority is either granted or remapped, not both',
    ],
    [
      'wrong in two ways',
      () => policyOf({ priorities: [3, 16], remap: [{ from: 6, to: 5 }] }),
      'spec.priorities[1]: Invalid value: 16',
      'a priority can be remapped only to one of spec.priorities',
    ],
    [
      'of another type than its rules expect',
      () => policyOf({ priorities: ['3'], remap: [{ from: 6, to: 5 }] }),
      'some validation rules were not checked because the object was invalid',
    ],
    ['In without values', () => selecting({ key: 'a', operator: 'In' }), 'In and NotIn need values'],
    [
      'Exists with values',
      () => selecting({ key: 'a', operator: 'Exists', values: ['b'] }),
      'Exists and DoesNotExist take no values',
    ],
    [
      'an operator that there is not',
      () => selecting({ key: 'a', operator: 'Like' }),
      'operator: Unsupported value: "Like": supported values: "In", "NotIn", "Exists", "DoesNotExist"',
    ],
    [
      'a selector without a key',
      () => selecting({ key: '', operator: 'Exists' }),
      'matchExpressions[0].key in body should be at least 1 chars long',
    ],
    [
      'an interface that nothing names',
      () => nicOf({ match: {} }),
      'one of name, driver, device, address says which interface',
    ],
    [
      'a schedule with an interface of its own',
      () => nicOf({ schedule: { dev: 'eth1', qdisc: 'fq' } }),
      'spec.schedule: Invalid value: ',
      'spec.match says which interface, not dev of the schedule',
    ],
    [
      'of a name that is none',
      () => ({ ...policyOf({}), metadata: { name: 'A_b' } }),
      'metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of',
    ],
  ])('%s', async (_, object, ...messages) => {
    const refused = await refusal(cluster().create(object()));
    expect(refused.status).toBe(422);
    for (const message of messages) expect(refused.message).toContain(message);
  });
});

it('labels and annotations that are none', async () => {
  const metadata = { name: cluster().named('p'), labels: { 'x y': 'a b' }, annotations: { 'x y': '' } };
  const { message } = await refusal(cluster().create({ ...policyOf({}), metadata }));
  expect(message).toContain('metadata.labels: Invalid value: "x y": name part must consist of');
  expect(message).toContain('metadata.labels: Invalid value: "a b": a valid label must be');
  expect(message).toContain('metadata.annotations: Invalid value: "x y": name part must consist of');
});

describe('a field that there is not', () => {
  const unknown = () => policyOf({ priority: 3 });
  const path = () => customPath('tsnpolicies', cluster().named('p'));

  it('is refused where an object is created', async () => {
    const { status, message } = await refusal(cluster().create(unknown()));
    expect({ status, message }).toEqual({
      status: 400,
      message: expect.stringContaining('strict decoding error: unknown field "spec.priority"'),
    });
  });

  it('is left out where nobody asks for strictness', async () => {
    const made = await cluster().create<object & { metadata: { name: string } }>(unknown(), {
      fieldValidation: 'Ignore',
    });
    expect(made).toMatchObject({ spec: { priorities: [3] } });
    expect(made).not.toHaveProperty('spec.priority');
  });

  it('is named where it is patched in, without all of the object', async () => {
    await cluster().put(policyOf({}));
    const refused = await refusal(cluster().client.patch(path(), { spec: { priority: 3 } }));
    expect(refused.status).toBe(422);
    expect(refused.message).toBe(
      `the API server refuses to PATCH ${path()}: strict decoding error: unknown field "spec.priority"`,
    );
  });

  it('is no field to be applied, and neither is what is of another type or there twice', async () => {
    const apply = (spec: object) => refusal(cluster().put(policyOf(spec)));
    const typed = `failed to create typed patch object (/${cluster().named('p')}; tsnctl.dev/v1alpha1, Kind=TsnPolicy): `;
    const one = await apply({ priority: 3 });
    expect(one.status).toBe(500);
    expect(one.message).toContain(`${typed}.spec.priority: field not declared in schema`);
    expect(one.hint).toContain('tsnctl version, kubectl version');
    expect((await apply({ priorities: [3, 3] })).message).toContain(
      `${typed}.spec.priorities: duplicate entries for key [=3]`,
    );
    expect((await apply({ remap: [6, 6].map((from) => ({ from, to: 3 })) })).message).toContain(
      `${typed}.spec.remap: duplicate entries for key [from=6]`,
    );
    expect((await apply({ clamp: 7 })).message).toContain(`${typed}.spec.clamp: expected boolean, got `);
  });
});

it('an object for another place than its own', async () => {
  const { client, named } = cluster();
  const path = customPath('tsnpolicies', cluster().named('other'));
  expect((await refusal(client.apply(path, policyOf({})))).message).toContain(
    `the name of the object (${named.call(cluster(), 'p')}) does not match the name on the URL (${named.call(cluster(), 'other')})`,
  );
  const at = customPath('tsnpolicies');
  const post = (object: object) => refusal(client.request('POST', at, { body: object }));
  expect((await post({ ...policyOf({}), kind: 'TsnPolic' })).message).toContain('must be TsnPolicy');
  expect((await post({ ...policyOf({}), apiVersion: 'tsnctl.dev/v1' })).message).toContain(
    'the API version in the data (tsnctl.dev/v1) does not match the expected API version (tsnctl.dev/v1alpha1)',
  );
});

describe('an event that', () => {
  const send = (patch: object) =>
    refusal(
      cluster().client.request('POST', `/apis/events.k8s.io/v1/namespaces/${cluster().plant}/events`, {
        body: {
          apiVersion: 'events.k8s.io/v1',
          kind: 'Event',
          metadata: { namespace: cluster().plant, name: 'e' },
          eventTime: '2026-11-29T12:00:00.000000Z',
          type: 'Warning',
          reason: 'NotGranted',
          action: 'Grant',
          note: 'a note',
          regarding: { apiVersion: 'v1', kind: 'Pod', namespace: cluster().plant, name: 'camera' },
          reportingController: 'tsnctl.dev/agent',
          reportingInstance: 'node-1',
          ...patch,
        },
      }),
    );

  it.each([
    ['has no time', { eventTime: undefined }, 'eventTime: Required value'],
    ['nobody reports', { reportingController: undefined }, 'reportingController: Required value'],
    ['no action led to', { action: undefined }, 'action: Required value'],
    ['is of no type', { type: 'Bad' }, 'type: Invalid value: "": has invalid value: Bad'],
    [
      'a long name reports',
      { reportingInstance: 'n'.repeat(129) },
      'reportingInstance: Invalid value: "": can have at most 128 characters',
    ],
    [
      'has a note of too many bytes',
      { note: 'é'.repeat(513) },
      'message: Invalid value: "": can have at most 1024 characters',
    ],
  ])('%s', async (_, patch, message) => {
    const refused = await send(patch);
    expect(refused.status).toBe(422);
    expect(refused.message).toContain(message);
  });
});
