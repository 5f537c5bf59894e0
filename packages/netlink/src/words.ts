import { compact } from './compact.ts';

export type Word = string | number | bigint;

/** Options as words of a command, in this order: `{ mode: 'l2', id: undefined }` is `mode l2`. */
export function words(options: Readonly<Record<string, Word | undefined>>): Word[] {
  return Object.entries(compact(options)).flatMap(([name, value]) => [name, value as Word]);
}

/** A word that is there or not: `nopromisc`. */
export function word(name: string, isThere: boolean | undefined): Word[] {
  return isThere ? [name] : [];
}

/** Options that are on or off: `{ gvrp: true }` is `gvrp on`. */
export function onOff(options: Readonly<Record<string, boolean | undefined>>): Word[] {
  return Object.entries(compact(options)).flatMap(([name, value]) => [name, value ? 'on' : 'off']);
}
