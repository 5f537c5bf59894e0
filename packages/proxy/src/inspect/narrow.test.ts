import { describe, expect, it } from 'vitest';
import { inspectCase } from '../../test/inspect-cases.ts';
import { inspectNode } from './inspect-node.ts';
import { narrowToPod, narrowToUplink } from './narrow.ts';

const names = inspectCase('pods-by-name');
const snapshot = inspectNode(names);

describe('narrowToPod', () => {
  it.each([
    ['namespace/name', 'default/web', ['veth5']],
    ['name alone', 'axis', [null]],
    ['the beginning of a container id', 'dddd', [null]],
    ['a host side', 'veth6', ['veth6']],
    ['a pod with two interfaces', 'shop/web', ['veth6', 'veth7']],
  ])('finds by %s', (_, wanted, interfaces) => {
    expect(narrowToPod(snapshot, wanted).pods.map((pod) => pod.interface)).toEqual(interfaces);
  });

  it.each([
    ['web', 'AMBIGUOUS_POD', '"web" may be any of 2 pods', 'one of default/web, shop/web'],
    [
      'nothing',
      'NO_POD',
      'there is no pod or host side "nothing" on this node',
      'one of default/web, shop/web, default/axis, dddd11112222',
    ],
    ['ddd', 'NO_POD', 'there is no pod or host side "ddd" on this node', expect.anything()],
  ])('refuses %s', (wanted, code, message, hint) => {
    expect(() => narrowToPod(snapshot, wanted)).toThrow(expect.objectContaining({ code, message, hint }));
  });

  it('says so where there are no pods', () => {
    expect(() => narrowToPod({ ...snapshot, pods: [] }, 'web')).toThrow(
      expect.objectContaining({ hint: 'this namespace has no pods; another one: --netns NAME' }),
    );
  });

  it('keeps what concerns it of hooks and drift', () => {
    const { hooks, uplinks, drift } = narrowToPod(inspectNode(inspectCase('drift')), 'default/b');
    expect(hooks.map((hook) => hook.interface)).toEqual(['veth6']);
    expect(uplinks).toEqual([]);
    expect(drift.map(({ code }) => code)).toEqual(['policy', 'unwanted']);
  });
});

describe('narrowToUplink', () => {
  it('keeps what concerns it, attached or not', () => {
    const node = inspectCase('drift');
    const whole = inspectNode(node);
    expect(narrowToUplink(whole, node, 'eth3')).toMatchObject({
      hooks: [{ interface: 'eth3' }],
      pods: [],
      uplinks: [{ interface: 'eth3', attached: true }],
      drift: [{ code: 'not-first' }],
    });
    expect(narrowToUplink(whole, node, 'eth2').uplinks).toMatchObject([{ attached: false }]);
  });

  it.each([
    ['eth0', 'NO_INTERFACE', 'there is no interface eth0 in this namespace'],
    ['veth5', 'NOT_AN_UPLINK', "veth5 is the host side of a pod's interface"],
  ])('refuses %s', (name, code, message) => {
    expect(() => narrowToUplink(snapshot, names, name)).toThrow(expect.objectContaining({ code, message }));
  });
});
