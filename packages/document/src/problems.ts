import type * as z from 'zod';
import type { Problem } from './document-error.ts';
import { keysAt } from './keys-at.ts';
import { nearest } from './nearest.ts';
import type { Path } from './place.ts';
import type { Source } from './source.ts';

type Issue = z.core.$ZodIssue;

/** What the schema found, in the words of somebody who has the text before him. */
export function problemsOf(schema: z.ZodType, issues: readonly Issue[], source: Source): Problem[] {
  return issues.flatMap((issue) => problemOf(schema, issue, [], source));
}

function problemOf(schema: z.ZodType, issue: Issue, above: Path, source: Source): Problem[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(key, path, keysAt(schema, path), source));
  }
  if (issue.code === 'invalid_union') {
    const branch = likeliest(issue.errors);
    if (branch) return branch.flatMap((inner) => problemOf(schema, inner, path, source));
  }
  return [{ ...source.placeOf(path), path, ...explain(issue, path) }];
}

function unknownKey(key: string, path: Path, known: readonly string[], source: Source): Problem {
  const meant = nearest(key, known);
  const where = path.length === 0 ? 'known here' : `known in ${path.map(String).join('.')}`;
  const hint = meant !== undefined ? `${meant} instead of ${key}` : `${where}: ${known.join(', ')}`;
  return {
    ...source.placeOfKey(path, key),
    path: [...path, key],
    message: 'no such key',
    ...(known.length > 0 && { hint }),
  };
}

/** Of the forms that a value may have, the one that it comes closest to: the error lies deepest in it. */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depth = (issues: readonly Issue[]) => Math.max(0, ...issues.map((issue) => issue.path.length));
  const all = branches.filter((issues) => issues.length > 0);
  if (all.every((issues) => depth(issues) === 0)) {
    // All of them are refused as a whole: an unknown or missing key is nearer than another type.
    return all.find((issues) =>
      issues.some(({ code }) => code !== 'invalid_type' && code !== 'invalid_value'),
    );
  }
  return all.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
}

function explain(issue: Issue, path: Path): { message: string; hint?: string } {
  const input = 'input' in issue ? issue.input : undefined;
  if (issue.code === 'invalid_type' && input === undefined) {
    return { message: 'missing', hint: `${path.map(String).join('.')}: ${article(issue.expected)}` };
  }
  if (issue.code === 'invalid_type') {
    return { message: `${show(input)} is not ${article(issue.expected)}` };
  }
  if (issue.code === 'invalid_value') {
    return {
      message: `${show(input)} is not known here`,
      hint: `one of ${issue.values.map(String).join(', ')}`,
    };
  }
  if (issue.code === 'invalid_union' && input === undefined) return { message: 'missing' };
  if (issue.code === 'invalid_union') {
    const told = issue.message === 'Invalid input' ? 'does not fit here' : `is ${issue.message}`;
    return { message: `${show(input)} ${told}`, ...hintOf(issue.errors.flat()) };
  }
  if (issue.code === 'custom' && typeof issue.params?.hint === 'string') {
    return { message: issue.message, hint: issue.params.hint };
  }
  return { message: issue.message };
}

/** What any of several forms would be. */
function hintOf(issues: readonly Issue[]): { hint?: string } {
  const forms = issues.flatMap((issue) => {
    if (issue.code === 'invalid_value') return issue.values.map(String);
    return issue.code === 'invalid_type' ? [article(issue.expected)] : [];
  });
  return forms.length === 0 ? {} : { hint: `one of ${[...new Set(forms)].join(', ')}` };
}

const ARTICLES: Record<string, string> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
};

function article(type: string): string {
  return ARTICLES[type] ?? type;
}

const SHOWN = 60;

function show(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 3)}...` : text;
}
