import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { NetNs } from '@tsnctl/linux';
import { observeNic } from '../../tune/observe-nic.ts';
import type { NicFacts } from '../node-facts.ts';

/** What drivers and sysfs tell of the hardware behind interfaces. */
export function readNics(netns: NetNs, names: readonly string[]): Record<string, NicFacts> {
  using here = NetNs.current();
  const own = netns.cookie === here.cookie; // sysfs shows the namespace that it was mounted in
  const interrupts = readInterrupts();
  return Object.fromEntries(
    names.map((name) => {
      const { phcIndex, txQueues, maxTxQueues, tcOffload } = observeNic(netns, name).nic;
      const driver = own ? driverOf(name) : undefined;
      return [
        name,
        {
          ...(driver !== undefined && { driver }),
          ...(phcIndex !== undefined && { ptpClock: phcIndex }),
          ...(tcOffload !== undefined && { tcOffload }),
          txQueues,
          maxTxQueues,
          interrupts: own ? interruptsOf(name, interrupts) : [],
        },
      ];
    }),
  );
}

function driverOf(name: string): string | undefined {
  const link = `/sys/class/net/${name}/device/driver`;
  return existsSync(link) ? basename(readlinkSync(link)) : undefined;
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
