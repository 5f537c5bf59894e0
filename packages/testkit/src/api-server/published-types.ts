import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// The published OpenAPI schemas of Kubernetes, as the generated client has them: names and types in attributeTypeMap,
// and in the declarations, which of them have to be there.

export interface PublishedField {
  readonly name: string;
  /** `string`, `Array<V1Container>`, `{ [key: string]: string; }` */
  readonly type: string;
  readonly format: string;
  readonly required: boolean;
}

const require = createRequire(import.meta.url);
const directory = join(dirname(require.resolve('@kubernetes/client-node')), 'gen/models');
const cache = new Map<string, readonly PublishedField[] | undefined>();

/** The fields of a type, or nothing where none has this name: `V1DaemonSet`. */
export function publishedType(name: string): readonly PublishedField[] | undefined {
  if (!cache.has(name)) cache.set(name, read(name));
  return cache.get(name);
}

function read(name: string): PublishedField[] | undefined {
  const path = join(directory, `${name}.js`);
  if (!/^\w+$/.test(name) || !existsSync(path)) return undefined;
  const [, map] = /attributeTypeMap = (\[[\s\S]*?\n\]);/.exec(readFileSync(path, 'utf8')) ?? [];
  if (map === undefined) return undefined;
  const declarations = readFileSync(join(directory, `${name}.d.ts`), 'utf8');
  const needed = new Set([...declarations.matchAll(/^ {4}'([^']+)': /gm)].map(([, it]) => it));
  return (JSON.parse(map) as { name: string; baseName: string; type: string; format: string }[]).map(
    ({ name: property, baseName, type, format }) => ({
      name: baseName,
      type,
      format,
      required: needed.has(property),
    }),
  );
}
