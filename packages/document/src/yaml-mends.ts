import type { ErrorCode } from 'yaml';

const QUOTES = 'quotes around a text that has signs of YAML in it';

const mends: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: QUOTES,
  BAD_INDENT: 'as many spaces before each key of a map; a closing bracket for each that is opened',
  BAD_SCALAR_START: QUOTES,
  BLOCK_AS_IMPLICIT_KEY: 'each key on a line of its own',
  DUPLICATE_KEY: 'keep one of the two',
  MISSING_CHAR: 'close each quote, bracket and brace; a colon behind each key',
  MULTILINE_IMPLICIT_KEY: 'each key on a line of its own',
  MULTIPLE_DOCS: 'one document, without --- in it',
  TAB_AS_INDENT: 'spaces instead of tabs',
  UNEXPECTED_TOKEN: QUOTES,
};

/** What to do about a text that is no YAML, by the parser's own code. */
export function yamlMend(code: ErrorCode): string {
  return mends[code] ?? 'look at what stands right before it';
}
