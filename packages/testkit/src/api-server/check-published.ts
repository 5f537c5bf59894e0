import { type Issue, isObject, join } from './issue.ts';
import { publishedType } from './published-types.ts';

/** `v1` `Pod` -> `V1Pod`; `events.k8s.io/v1` `Event` -> `EventsV1Event` */
function publishedName(apiVersion: string, kind: string): string {
  const [version = '', group] = apiVersion.split('/').reverse();
  const word = version.charAt(0).toUpperCase() + version.slice(1);
  if (kind === 'Event') return `${group === undefined ? 'Core' : 'Events'}V1Event`;
  return `${word}${kind}`;
}

/** An object of Kubernetes' own kinds against the published schema; a field that is not in it is told as unknown. */
export function checkPublished(object: unknown): Issue[] {
  if (!isObject(object)) return [{ path: '', message: 'is no object' }];
  const { apiVersion, kind } = object;
  const type = publishedName(String(apiVersion), String(kind));
  if (!publishedType(type)) return [{ path: '', message: `no kind "${kind}" in version "${apiVersion}"` }];
  return check(object, type, '', '');
}

function check(value: unknown, type: string, format: string, path: string): Issue[] {
  if (value === undefined || value === null) return [];
  const list = /^Array<(.+)>$/.exec(type)?.[1];
  if (list !== undefined) {
    if (!Array.isArray(value)) return wrong(path, value, 'array');
    return value.flatMap((item, at) => check(item, list, format, `${path}[${at}]`));
  }
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (map !== undefined) {
    if (!isObject(value)) return wrong(path, value, 'object');
    return Object.entries(value).flatMap(([key, item]) => check(item, map, format, join(path, key)));
  }
  const primitive = primitives[type];
  if (primitive) return primitive(value, format) ? [] : wrong(path, value, type);
  const fields = publishedType(type);
  if (!fields) throw new Error(`the published schemas have no type ${type}`);
  if (!isObject(value)) return wrong(path, value, 'object');
  const missing = fields.filter(({ name, required }) => required && value[name] === undefined);
  return [
    ...missing.map(({ name }) => ({ path: join(path, name), message: 'Required value' })),
    ...Object.entries(value).flatMap(([key, item]): Issue[] => {
      const field = fields.find(({ name }) => name === key);
      if (!field) return [{ path: join(path, key), message: 'unknown field', unknown: true }];
      return check(item, field.type, field.format, join(path, key));
    }),
  ];
}

const primitives: Readonly<Record<string, (value: unknown, format: string) => boolean>> = {
  any: () => true,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value, format) =>
    typeof value === 'number' && (!format.startsWith('int') || Number.isInteger(value)),
  Date: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  V1MicroTime: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  IntOrString: (value) => typeof value === 'string' || Number.isInteger(value),
};

function wrong(path: string, value: unknown, wanted: string): Issue[] {
  return [{ path, message: `Invalid value: ${JSON.stringify(value)}: must be of type ${wanted}` }];
}
