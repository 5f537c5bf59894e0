import { isObject, type Json } from './issue.ts';
import type { ResourceKind } from './resource-kinds.ts';
import type { Stored } from './store.ts';

/** `spec.versions[].additionalPrinterColumns` */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly priority?: number;
}

/** Whether a client asks for what `kubectl get` prints. */
export function wantsTable(accept: string): boolean {
  return accept.includes('as=Table');
}

/** meta.k8s.io/v1 Table of custom objects: a cell is null where the object has no such field. */
export function tableOf({ columns = [] }: ResourceKind, objects: readonly Stored[], now: number): Json {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      ...columns.map(({ name, type, priority = 0 }) => ({ name, type, format: '', priority })),
    ],
    rows: objects.map((object) => ({
      cells: [object.metadata.name, ...columns.map((column) => cellOf(column, object, now))],
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}

function cellOf({ jsonPath, type }: PrinterColumn, object: Stored, now: number): unknown {
  const [first] = valuesAt(object, jsonPath); // of several, no more
  if (first === undefined) return null;
  if (type === 'date') return ageOf(now - Date.parse(String(first)));
  return type === 'string' && typeof first !== 'string' ? JSON.stringify(first) : first;
}

/** Of JSONPath what columns need: `.a.b`, `[*]` and `[?(@.type=="Ready")]`. */
function valuesAt(object: unknown, path: string): unknown[] {
  const steps = [...path.matchAll(/\.(\w+)|\[\?\(@\.(\w+)=="([^"]*)"\)\]|\[\*\]/g)];
  return steps.reduce<unknown[]>(
    (all, [, field, key, wanted]) =>
      all.flatMap((value) => {
        if (field !== undefined) return isObject(value) && value[field] !== undefined ? [value[field]] : [];
        const items = Array.isArray(value) ? value : [];
        return key === undefined ? items : items.filter((item) => (item as Json)[key] === wanted);
      }),
    [object],
  );
}

/** `59s`, `3m`, `26h`; more closely than whoever reads it here needs. */
function ageOf(ms: number): string {
  const seconds = Math.max(Math.floor(ms / 1_000), 0);
  if (seconds < 120) return `${seconds}s`;
  return seconds < 7_200 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3_600)}h`;
}
