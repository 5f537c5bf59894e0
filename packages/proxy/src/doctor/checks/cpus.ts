import type { Check } from '../check.ts';
import { seen } from '../fact.ts';
import type { Found } from '../finding.ts';

/** Who else runs where packets are sent. */
export const cpus: Check = {
  name: 'cpus',
  asks: 'do interrupts and other work disturb the CPUs that send',
  run: ({ cpus: fact, daemons, nics, uplinks }) => {
    if ('unseen' in fact) return [{ severity: 'unseen', message: `CPUs: ${fact.unseen}` }];
    const { online, isolated } = fact.seen;
    const balanced = seen(daemons)?.some(({ name }) => name === 'irqbalance') ?? false;
    const found: Found[] = [];
    if (balanced && isolated !== '') {
      found.push({
        severity: 'warning',
        message: `irqbalance moves interrupts, and CPUs ${isolated} are isolated`,
        evidence: '/sys/devices/system/cpu/isolated; process irqbalance',
        mend: 'IRQBALANCE_BANNED_CPULIST for those CPUs; or no irqbalance, and smp_affinity_list by hand',
      });
    }
    if (isolated === '') {
      found.push({
        severity: 'hint',
        message: `no CPU of ${online} is isolated: other work delays senders and the qdisc's timers`,
        evidence: '/sys/devices/system/cpu/isolated',
        mend: 'isolcpus=, nohz_full= and irqaffinity= on the kernel command line, if microseconds count',
      });
    }
    for (const { name } of seen(uplinks) ?? []) {
      const interrupts = seen(nics)?.[name]?.interrupts ?? [];
      if (interrupts.length < 2 || new Set(interrupts.map(({ cpus: list }) => list)).size > 1) continue;
      found.push({
        severity: 'hint',
        subject: name,
        message: `all ${interrupts.length} interrupts of ${name} go to CPUs ${interrupts[0]?.cpus}`,
        evidence: interrupts.map(({ irq }) => `/proc/irq/${irq}/smp_affinity_list`).join(', '),
        mend: "a CPU for each queue's interrupt, the one that its sender runs on",
      });
    }
    return found;
  },
};
