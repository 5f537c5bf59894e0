import { existsSync, readFileSync } from 'node:fs';
import { NetNs } from '@tsnctl/linux';
import type { Link } from '@tsnctl/netlink';
import { driverOf } from '../../driver-of.ts';
import { observeNic } from '../../tune/observe-nic.ts';
import type { NicFacts } from '../node-facts.ts';

/** What drivers and sysfs tell of the hardware behind interfaces. */
export function readNics(netns: NetNs, links: readonly Link[]): Record<string, NicFacts> {
  using here = NetNs.current();
  const own = netns.cookie === here.cookie; // another's interface may have the name that an interrupt has
  const interrupts = readInterrupts();
  return Object.fromEntries(
    links.map((link) => {
      const { name } = link;
      const { phcIndex, txQueues, maxTxQueues, channels, tcOffload } = observeNic(netns, name).nic;
      const driver = driverOf(link);
      return [
        name,
        {
          ...(driver !== undefined && { driver }),
          ...(phcIndex !== undefined && { ptpClock: phcIndex }),
          ...(tcOffload !== undefined && { tcOffload }),
          txQueues,
          maxTxQueues,
          ...(channels && { channels }),
          interrupts: own ? interruptsOf(name, interrupts) : [],
        },
      ];
    }),
  );
}

interface Interrupt {
  readonly irq: number;
  /** The names of those who handle it: `eth1-TxRx-0`. */
  readonly actions: string;
}

function readInterrupts(): Interrupt[] {
  return readFileSync('/proc/interrupts', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const match = /^\s*(\d+):(.*)$/.exec(line);
      return match ? [{ irq: Number(match[1]), actions: match[2] ?? '' }] : [];
    });
}

/** A driver names its interrupts after the interface. */
function interruptsOf(name: string, interrupts: readonly Interrupt[]): NicFacts['interrupts'] {
  const named = new RegExp(`\\b${RegExp.escape(name)}\\b`);
  return interrupts
    .filter(({ actions }) => named.test(actions))
    .map(({ irq }) => ({ irq, cpus: affinity(irq) }));
}

function affinity(irq: number): string {
  const path = `/proc/irq/${irq}/smp_affinity_list`;
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : '?';
}
