import type { Check } from '../check.ts';
import { seen } from '../fact.ts';

/** A native XDP program makes a new packet of each, without its socket. */
export const xdp: Check = {
  name: 'xdp',
  asks: 'does a native XDP program take the socket off packets',
  run: ({ links, proxy }) => {
    const attachments = seen(proxy)?.attachments ?? [];
    return (seen(links) ?? []).flatMap(({ index, name, xdp: mode }) => {
      const saver = attachments.some((one) => one.ifindex === index && one.role === 'saver');
      if (mode !== 'native' || !saver) return [];
      return [
        {
          severity: 'error' as const,
          subject: name,
          message: `${name} has a native XDP program: packets lose their socket there, and host mode sees no priority`,
          evidence: `ip -d link show ${name}`,
          mend: `tsnctl attach pod ${name} --mode pod, with its policy; or XDP in generic mode`,
        },
      ];
    });
  },
};
