import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DocumentError } from './document-error.ts';
import { readDocument } from './read-document.ts';

const schema = z.strictObject({
  uplinks: z
    .array(z.strictObject({ name: z.string(), clock: z.enum(['tai', 'mono', 'none']).optional() }))
    .default([]),
  http: z.union([z.literal(false), z.strictObject({ port: z.int().min(1).max(65535) })]).optional(),
  labels: z.record(z.string(), z.strictObject({ value: z.string() })).optional(),
});

function refusal(text: string): { message: string; hint: string | undefined } {
  try {
    readDocument(schema, text, { file: 'config.yaml' });
  } catch (error) {
    if (error instanceof DocumentError) return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a document', () => {
  it('becomes a value with its defaults, and says where its parts stand', () => {
    const { value, source } = readDocument(schema, 'http:\n  port: 80\n', { file: 'config.yaml' });
    expect(value).toEqual({ uplinks: [], http: { port: 80 } });
    expect(source.placeOf(['http', 'port'])).toEqual({ line: 2, column: 9 });
    expect(source.placeOf(['http', 'missing'])).toEqual({ line: 2, column: 3 });
    expect(source.placeOfKey(['http'], 'port')).toEqual({ line: 2, column: 3 });
  });

  it('may be JSON', () => {
    const { value } = readDocument(schema, '{"uplinks": [{"name": "eth1"}]}', { file: 'config.json' });
    expect(value.uplinks).toEqual([{ name: 'eth1' }]);
  });
});

describe('what is wrong is named with file, line, column and key', () => {
  it.each([
    [
      'a slip in a key',
      'uplinks:\n  - nme: eth1\n',
      'config.yaml:2:5: uplinks.0.nme: no such key',
      'name instead of nme',
    ],
    [
      'an unknown key',
      'uplinks:\n  - name: eth1\n    gateway: x\n',
      'config.yaml:3:5: uplinks.0.gateway: no such key',
      'known in uplinks.0: name, clock',
    ],
    ['at the top', 'speed: 3\n', 'config.yaml:1:1: speed: no such key', 'known here: uplinks, http, labels'],
    [
      'below keys of the writer',
      'labels:\n  mine:\n    valeu: x\n',
      'config.yaml:3:5: labels.mine.valeu: no such key',
      'value instead of valeu',
    ],
    ['a missing key', 'uplinks:\n  - clock: tai\n', 'config.yaml:2:5: uplinks.0.name: missing', 'a text'],
    [
      'a wrong word',
      'uplinks:\n  - name: eth1\n    clock: utc\n',
      'config.yaml:3:12: uplinks.0.clock: "utc" is not known here',
      'one of tai, mono, none',
    ],
    ['a wrong type', 'uplinks: eth1\n', 'config.yaml:1:10: uplinks: "eth1" is not a list', undefined],
    ['out of range', 'http:\n  port: 99999\n', 'config.yaml:2:9: http.port: ', undefined],
    [
      'no form of several',
      'http: on\n',
      'config.yaml:1:7: http: "on" does not fit here',
      'one of false, a map of keys and values',
    ],
    [
      'a key of one form of several',
      'http:\n  prt: 1\n',
      'config.yaml:2:3: http.prt: no such key',
      undefined,
    ],
    [
      'a key twice',
      'http: false\nhttp: false\n',
      'config.yaml:2:1: Map keys must be unique',
      'keep one of the two',
    ],
    [
      'an open bracket',
      'uplinks: [\n',
      'config.yaml:2:1: ',
      'as many spaces before each key of a map; a closing bracket for each that is opened',
    ],
    [
      'an open quote',
      'http: "a\n',
      'config.yaml:2:1: Missing closing "quote',
      'close each quote, bracket and brace; a colon behind each key',
    ],
    ['a tab', 'uplinks:\n\t- name: a\n', 'config.yaml:2:1: ', 'spaces instead of tabs'],
    ['nothing', '', 'config.yaml:1:1: nothing is in it', undefined],
    ['only a comment', '# later\n', 'config.yaml:1:1: nothing is in it', undefined],
    [
      'two documents',
      'http: false\n---\nhttp: false\n',
      'config.yaml:2:1: ',
      'one document, without --- in it',
    ],
  ])('%s', (_, text, message, hint) => {
    const refused = refusal(text);
    expect(refused.message).toContain(message);
    if (hint !== undefined) expect(refused.hint).toContain(hint);
  });

  it('all of it at once, in the order of the text', () => {
    expect(refusal('speed: 1\nuplinks:\n  - nme: eth1\n').message.split('\n')).toEqual([
      'config.yaml:1:1: speed: no such key',
      'config.yaml:3:5: uplinks.0.name: missing',
      'config.yaml:3:5: uplinks.0.nme: no such key',
    ]);
  });

  it('a few lines that stand for billions', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const inner = level === 0 ? 'x' : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array(9).fill(inner).join(', ')}]`;
    });
    expect(refusal(levels.join('\n')).message).toContain('config.yaml:1:1: Excessive alias count');
  });

  it.each([
    ['lists', '['.repeat(20_000)],
    ['lists that end', '['.repeat(20_000) + ']'.repeat(20_000)],
    ['maps', '{a: '.repeat(20_000)],
    ['blocks', '- '.repeat(20_000)],
  ])('%s in one another without end', (_, text) => {
    expect(refusal(text).message).toMatch(/^config\.yaml:1:\d+: too many lists and maps are in one another$/);
  });

  it.each([
    ['maps as keys, 800 deep', '? '.repeat(800), 1, 3],
    ['a list', 'http: false\n[a, b]: 1\n', 2, 1],
    ['an alias', 'http: &a x\n*a : 1\n', 2, 1],
  ])('a key that is no text: %s', (_, text, line, column) => {
    const { message, hint } = refusal(text);
    expect(message).toBe(`config.yaml:${line}:${column}: a list, a map or an alias is no key`);
    expect(hint).toBe('a word and a colon: cycle: 1ms');
  });

  it('the first twenty of a thousand', () => {
    const keys = Array.from({ length: 1000 }, (_, n) => `key${n}: 1\n`);
    const lines = refusal(keys.join('')).message.split('\n');
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('and 980 more');
  });

  it('a text without end', () => {
    expect(refusal('x'.repeat(2 ** 21)).message).toBe('config.yaml:1:1: 2097152 characters are too many');
  });
});
