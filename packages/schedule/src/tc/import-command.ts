import { TsnctlError } from '@tsnctl/codec';
import { TC_H_ROOT } from '@tsnctl/netlink';
import type { PlacedQdisc } from '../to-qdiscs.ts';
import { defaults, keywords } from './options.ts';
import { Words } from './words.ts';

/** Qdiscs and the interface that they are for. */
export interface ImportedQdiscs {
  readonly dev: string | undefined;
  readonly qdiscs: readonly PlacedQdisc[];
}

const MAX_CHARACTERS = 1 << 20;

/**
 * The qdiscs that `tc qdisc add|replace ...` commands make, one a line; lines may go on after a backslash, and what
 * is no tc command of that kind is left out if it is a comment, and refused otherwise. @throws TsnctlError TC_COMMAND
 */
export function fromTcCommands(text: string): ImportedQdiscs {
  const lines = text
    .slice(0, MAX_CHARACTERS)
    .replace(/\\\r?\n/g, ' ')
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '');
  const found = lines.flatMap((line) => oneCommand(line));
  if (found.length === 0) {
    throw new TsnctlError('TC_COMMAND', 'there is no tc command in it', {
      hint: 'lines such as: tc qdisc replace dev eth1 root handle 100: taprio num_tc 3 map ...',
    });
  }
  const devs = new Set(found.map(({ dev }) => dev));
  if (devs.size > 1) {
    throw new TsnctlError(
      'TC_COMMAND',
      `these commands are for several interfaces: ${[...devs].join(', ')}`,
      {
        hint: 'those of one interface at a time',
      },
    );
  }
  return { dev: found[0]?.dev, qdiscs: found.map(({ qdisc }) => qdisc) };
}

function oneCommand(line: string): { dev: string | undefined; qdisc: PlacedQdisc }[] {
  const words = new Words(line.split(/\s+/).filter((word) => word !== 'sudo'));
  if (!words.take('tc', '/sbin/tc', '/usr/sbin/tc')) throw words.refuse(`"${words.peek()}" is not tc`);
  if (!words.take('qdisc')) throw words.refuse(`"${words.peek()}" is not qdisc`);
  const verb = words.take('add', 'replace', 'change', 'del', 'delete');
  if (!verb) throw words.refuse(`"${words.peek()}" is none of add, replace, change`);
  if (verb === 'del' || verb === 'delete') return [];
  let dev: string | undefined;
  let parent: number | undefined;
  let handle: number | undefined;
  for (;;) {
    const word = words.take('dev', 'root', 'parent', 'handle');
    if (word === 'dev') dev = words.next('an interface');
    else if (word === 'root') parent = TC_H_ROOT;
    else if (word === 'parent') parent = handleOf(words, words.next('a parent'));
    else if (word === 'handle') handle = handleOf(words, words.next('a handle'));
    else break;
  }
  const kind = words.next('a kind of qdisc');
  if (parent === undefined) throw words.refuse('neither root nor parent is said');
  const options = optionsOf(kind, words);
  return [
    {
      dev,
      qdisc: {
        parent,
        kind,
        ...(handle !== undefined && { handle }),
        ...(options !== undefined && { options }),
      },
    },
  ];
}

function optionsOf(kind: string, words: Words): unknown {
  const table = keywords[kind] ?? {};
  const options: Record<string, unknown> = {};
  while (!words.done) {
    const word = words.next('an option');
    const read = Object.hasOwn(table, word) ? table[word] : undefined;
    if (!read) {
      const known = Object.keys(table);
      throw words.refuse(
        `${kind} has no option ${word}${known.length > 0 ? `, but ${known.join(', ')}` : ''}`,
      );
    }
    read(words, options);
  }
  const all = { ...(Object.hasOwn(defaults, kind) ? defaults[kind] : {}), ...options };
  return Object.keys(all).length > 0 ? all : undefined;
}

/** `root`, `100:`, `100:2`, and `100` for a handle, in hex. */
function handleOf(words: Words, text: string): number {
  if (text === 'root') return TC_H_ROOT;
  const [, major, minor = ''] = /^([0-9a-f]{1,4}):?([0-9a-f]{0,4})$/i.exec(text) ?? [];
  if (major === undefined) throw words.refuse(`"${text}" is no handle`);
  return Number.parseInt(major, 16) * 0x1_0000 + (minor === '' ? 0 : Number.parseInt(minor, 16));
}
