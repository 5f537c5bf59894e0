import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { NetNs } from '@tsnctl/linux';
import type { NicFacts } from '../node-facts.ts';

/**
 * What sysfs says of the hardware behind interfaces. It shows those of the namespace that it was mounted in:
 * of another one nothing is known.
 */
export function readNics(netns: NetNs, names: readonly string[]): Record<string, NicFacts> {
  using here = NetNs.current();
  if (netns.cookie !== here.cookie) {
    throw new Error(
      'sysfs shows the NICs of this namespace alone: run doctor in the other one, ip netns exec',
    );
  }
  const interrupts = readInterrupts();
  return Object.fromEntries(
    names.flatMap((name) => {
      const device = `/sys/class/net/${name}/device`;
      return existsSync(device) ? [[name, nicOf(device, name, interrupts)]] : [];
    }),
  );
}

function nicOf(device: string, name: string, interrupts: readonly Interrupt[]): NicFacts {
  const driver = existsSync(`${device}/driver`) ? basename(readlinkSync(`${device}/driver`)) : undefined;
  const [clock] = existsSync(`${device}/ptp`) ? readdirSync(`${device}/ptp`) : [];
  return {
    ...(driver !== undefined && { driver }),
    ...(clock !== undefined && { ptpClock: Number(clock.replace('ptp', '')) }),
    interrupts: interrupts
      .filter(({ actions }) => new RegExp(`\\b${RegExp.escape(name)}\\b`).test(actions))
      .map(({ irq }) => ({ irq, cpus: affinity(irq) })),
  };
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

function affinity(irq: number): string {
  const path = `/proc/irq/${irq}/smp_affinity_list`;
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : '?';
}
