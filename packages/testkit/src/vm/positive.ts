import { VmError } from './vm-error.ts';

/** The value of an option that counts something: a whole number from 1 on. */
export function positive(option: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new VmError(`--${option} ${text}: not a whole number from 1 on`, { hint: `--${option} 2` });
}
