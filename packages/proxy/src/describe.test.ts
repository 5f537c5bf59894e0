import { describe, expect, it } from 'vitest';
import { describeStep } from './describe.ts';
import { hookOf, type Role, type Step, type Via } from './model.ts';

const on = { ifindex: 3, name: 'veth0' };
const policy = { allow: [3, 5], remap: { 6: 3 }, horizonNs: 20_000_000n };
const map = (table: string) => `bpftool map update ... ${table}`;

describe('describeStep', () => {
  it.each<[Step, string, string]>([
    [
      { do: 'create-tables' },
      'load the programs and pin their tables',
      'bpftool prog loadall saver.bpf.o ... pinmaps /sys/fs/bpf/tsnctl/v1/maps',
    ],
    [{ do: 'remove-tables' }, 'remove the tables', 'rm /sys/fs/bpf/tsnctl/v1/maps/...'],
    [
      { do: 'attach', role: 'strip', via: 'tcx', ...on },
      'attach strip to veth0 ingress, first in order',
      'bpftool net attach tcx_ingress pinned .../strip dev veth0',
    ],
    [
      { do: 'attach', role: 'strip', via: 'clsact', ...on },
      'attach strip to veth0 ingress, first of the filters',
      'tc filter add dev veth0 ingress prio 1 bpf da pinned .../strip',
    ],
    [
      { do: 'attach', role: 'restorer', via: 'tcx', ...on },
      'attach restorer to veth0 egress, first in order',
      'bpftool net attach tcx_egress pinned .../restorer dev veth0',
    ],
    [
      { do: 'attach', role: 'restorer', via: 'clsact', ...on },
      'attach restorer to veth0 egress, first of the filters',
      'tc filter add dev veth0 egress prio 1 bpf da pinned .../restorer',
    ],
    [
      { do: 'attach', role: 'pod_saver', via: 'tcx', ...on },
      "attach pod_saver to the pod's own end of veth0, last in order",
      "bpftool net attach tcx_egress pinned .../pod_saver dev POD'S-END",
    ],
    [
      { do: 'attach', role: 'pod_saver', via: 'clsact', ...on },
      "attach pod_saver to the pod's own end of veth0, last of the filters",
      "tc filter add dev POD'S-END egress prio 65535 bpf da pinned .../pod_saver",
    ],
    [
      { do: 'detach', role: 'gate', via: 'tcx', ...on },
      'detach gate from veth0 ingress',
      'bpftool net detach tcx_ingress dev veth0',
    ],
    [
      { do: 'detach', role: 'gate', via: 'clsact', ...on },
      'detach gate from veth0 ingress',
      'tc filter del dev veth0 ingress prio 1',
    ],
    [
      { do: 'detach', role: 'pod_saver', via: 'tcx', ...on },
      "detach pod_saver from the pod's own end of veth0",
      "bpftool net detach tcx_egress dev POD'S-END",
    ],
    [
      { do: 'detach', role: 'pod_saver', via: 'clsact', ...on },
      "detach pod_saver from the pod's own end of veth0",
      "tc filter del dev POD'S-END egress prio 65535",
    ],
    [
      { do: 'switch', from: 'strip', to: 'saver', via: 'tcx', ...on },
      'switch veth0 from strip to saver, atomically',
      'BPF_LINK_UPDATE',
    ],
    [
      { do: 'switch', from: 'saver', to: 'gate', via: 'clsact', ...on },
      'switch veth0 from saver to gate, atomically',
      'tc filter replace dev veth0 ingress prio 1 handle 1 bpf da pinned .../gate',
    ],
    [
      { do: 'move-first', role: 'restorer', via: 'tcx', ...on },
      'move restorer to the front of veth0 egress',
      'a new link with BPF_F_BEFORE, then the old one removed',
    ],
    [
      { do: 'move-first', role: 'restorer', via: 'clsact', ...on },
      'move restorer to the front of veth0 egress',
      'a new filter of the same priority, then the old one removed',
    ],
    [
      { do: 'set-pod', ...on, policy, former: undefined },
      'veth0 may send: priorities 3,5, 6 as 3, launch time up to 20ms ahead',
      map('pods'),
    ],
    [{ do: 'set-pod', ...on, policy: undefined, former: policy }, 'forget veth0', map('pods')],
    [
      { do: 'set-uplink', ...on, uplink: { clock: 'tai', stacked: false }, former: undefined },
      'veth0 wants launch times: tai',
      map('uplinks'),
    ],
    [
      { do: 'set-uplink', ...on, uplink: { clock: 'none', stacked: true }, former: undefined },
      'veth0 wants launch times: left to the device below',
      map('uplinks'),
    ],
    [{ do: 'set-uplink', ...on, uplink: undefined, former: undefined }, 'forget veth0', map('uplinks')],
    [
      { do: 'remove-stale-pin', path: '/sys/fs/bpf/x' },
      'remove the remains at /sys/fs/bpf/x',
      'rm /sys/fs/bpf/x',
    ],
    [
      { do: 'detach-loose', ...on, role: 'saver', linkId: 7 },
      'detach a saver from veth0 ingress that no pin holds',
      'bpftool link detach id 7',
    ],
  ])('%o', (step, text, equivalent) => {
    expect(describeStep(step)).toEqual({ text, equivalent });
  });

  it('is one line for every role, in both ways', () => {
    for (const role of Object.keys(hookOf) as Role[])
      for (const via of ['tcx', 'clsact'] as Via[])
        for (const verb of ['attach', 'detach', 'move-first'] as const) {
          const { text, equivalent } = describeStep({ do: verb, role, via, ...on });
          expect(`${text}${equivalent}`).not.toMatch(/\n|undefined/);
          expect(text).toContain(role);
        }
  });
});
