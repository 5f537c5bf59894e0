import { StatusError } from './status-error.ts';
import type { Stored } from './store.ts';

/** Whether an object is one of those that the query of a list or a watch asks for. */
export function selected(object: Stored, query: URLSearchParams): boolean {
  return byFields(object, query.get('fieldSelector')) && byLabels(object, query.get('labelSelector'));
}

/** Fields that the API server knows for a selector. */
const FIELDS: Readonly<Record<string, (object: Stored) => unknown>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
  'spec.nodeName': ({ spec }) => (spec as { nodeName?: string } | undefined)?.nodeName,
};

function byFields(object: Stored, selector: string | null): boolean {
  return terms(selector).every((term) => {
    const [, key = '', operator, value] = /^([^=!]+)(==|!=|=)(.*)$/.exec(term) ?? [];
    const read = FIELDS[key];
    if (!read) throw new StatusError(400, 'BadRequest', `field label not supported: ${key}`);
    return (String(read(object) ?? '') === value) === (operator !== '!=');
  });
}

function byLabels({ metadata: { labels = {} } }: Stored, selector: string | null): boolean {
  return terms(selector).every((term) => {
    const [, member = '', not, list] = /^(\S+) (not)?in \(([^)]*)\)$/.exec(term) ?? [];
    if (list !== undefined) {
      const values = list.split(',').map((value) => value.trim());
      return values.includes(labels[member] ?? '') === (not === undefined);
    }
    const [, key, operator, value] = /^([^=!]+)(==|!=|=)(.*)$/.exec(term) ?? [];
    if (key === undefined) return term.startsWith('!') ? !(term.slice(1) in labels) : term in labels;
    return (labels[key] === value) === (operator !== '!=');
  });
}

/** `a=b,c in (d, e)` -> `a=b` and `c in (d, e)` */
function terms(selector: string | null): string[] {
  return (selector ?? '')
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}
