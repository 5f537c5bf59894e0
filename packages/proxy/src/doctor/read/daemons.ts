import { readdirSync, readFileSync } from 'node:fs';
import type { Daemon } from '../node-facts.ts';

/** Programs that set clocks or interrupts, by the name that the kernel has of them (15 characters). */
const KNOWN = new Set([
  'ptp4l',
  'phc2sys',
  'ts2phc',
  'chronyd',
  'ntpd',
  'systemd-timesyn',
  'irqbalance',
  'tuned',
]);

/** Those that run in this PID namespace. */
export function readDaemons(proc = '/proc'): Daemon[] {
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid): Daemon[] => {
      try {
        const name = readFileSync(`${proc}/${pid}/comm`, 'utf8').trim();
        if (!KNOWN.has(name)) return [];
        const command = readFileSync(`${proc}/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ name, pid: Number(pid), command }];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}
