import type { Check } from '../check.ts';
import { seen } from '../fact.ts';
import type { Found } from '../finding.ts';
import { OFFLOADS } from './nic.ts';

const TSN_QDISCS = ['taprio', 'mqprio', 'etf', 'cbs'];

/** Hardware that could keep gates and launch times does so only if it is told to. */
export const offloads: Check = {
  name: 'offloads',
  asks: 'is what the NIC can do in hardware switched on',
  run: ({ links, nics, qdiscs, uplinks }) => {
    const all = seen(nics) ?? {};
    return (seen(uplinks) ?? []).flatMap(({ name }): Found[] => {
      const { driver, tcOffload } = all[name] ?? {};
      const index = seen(links)?.find((link) => link.name === name)?.index;
      const used = (seen(qdiscs) ?? []).filter((one) => one.index === index && TSN_QDISCS.includes(one.kind));
      const known = OFFLOADS[driver ?? ''] ?? '';
      const inHardware = used.map(({ kind }) => kind).filter((kind) => known.includes(kind));
      if (tcOffload === undefined || inHardware.length === 0) return [];
      const evidence = `ethtool -k ${name}: hw-tc-offload ${tcOffload ? 'on' : 'off'}`;
      if (tcOffload) {
        return [
          { severity: 'ok', subject: name, message: `${name} (${driver}): hw-tc-offload is on`, evidence },
        ];
      }
      return [
        {
          severity: 'hint',
          subject: name,
          message: `${name} (${driver}) could keep ${inHardware.join(', ')} in hardware, and hw-tc-offload is off`,
          evidence,
          mend: `ethtool -K ${name} hw-tc-offload on, and offload in the schedule`,
        },
      ];
    });
  },
};
