import { readFileSync } from 'node:fs';

/** Another one after each start of the machine: what is volatile and carries it counts as long as it is the same. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
