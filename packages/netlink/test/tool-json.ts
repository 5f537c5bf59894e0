import { readFileSync } from 'node:fs';

/** What the tool printed of the answers in testdata/<name>.hex. */
export function toolJson(name: string): Record<string, unknown>[] {
  return JSON.parse(toolJson.text(name));
}

toolJson.text = (name: string): string =>
  readFileSync(new URL(`../testdata/${name}.json`, import.meta.url), 'utf8');
