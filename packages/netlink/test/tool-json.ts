import { readFileSync } from 'node:fs';

/** What the tool printed of the answers in testdata/<name>.hex. */
export function toolJson(name: string): Record<string, unknown>[] {
  return JSON.parse(readFileSync(new URL(`../testdata/${name}.json`, import.meta.url), 'utf8'));
}
