import type { Check } from '../check.ts';

/** A pod's host side without a program of ours: what it makes up is believed. */
export const ungated: Check = {
  name: 'ungated',
  asks: 'is every pod guarded',
  mayPass: true,
  run: ({ proxy }) => {
    if ('unseen' in proxy) return [{ severity: 'unseen', message: `pods and programs: ${proxy.unseen}` }];
    const { interfaces, attachments, uplinks } = proxy.seen;
    const leaving = new Set(uplinks.map(({ ifindex }) => ifindex)); // of a nested node: a veth, too
    const sides = interfaces.filter(({ podSide, ifindex }) => podSide && !leaving.has(ifindex));
    const open = sides.filter(
      ({ ifindex }) => !attachments.some((one) => one.ifindex === ifindex && one.role !== 'restorer'),
    );
    if (uplinks.length === 0) {
      return [
        {
          severity: 'hint',
          message: 'nothing restores metadata on this node: what pods send goes as without tsnctl',
          evidence: 'no uplink is attached',
          mend: 'tsnctl agent, or tsnctl attach uplink IF',
        },
      ];
    }
    if (open.length === 0) {
      const who = sides.length === 0 ? 'no pod is here' : `every pod is guarded: ${sides.length}`;
      return [{ severity: 'ok', message: who }];
    }
    return open.map(({ name }) => ({
      severity: 'error' as const,
      subject: name,
      message: `${name} leads to a pod and has no program of ours: that pod can send with any priority and launch time`,
      evidence: `bpftool net show dev ${name}`,
      mend: 'start tsnctl agent, which guards every pod; or tsnctl attach uplink IF again',
    }));
  },
};
