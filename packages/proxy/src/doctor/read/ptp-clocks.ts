import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Hardware clocks: /dev/ptpN, and what their driver calls them. */
export function readPtpClocks(root = '/sys/class/ptp'): { name: string; clockName: string }[] {
  if (!existsSync(root)) return [];
  return readdirSync(root).map((name) => ({
    name,
    clockName: readFileSync(`${root}/${name}/clock_name`, 'utf8').trim(),
  }));
}
