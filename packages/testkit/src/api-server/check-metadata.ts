import { type Issue, isObject, type Json } from './issue.ts';

// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and labels/

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const WORD = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const isLabel = whole(LABEL, 63);
const isSubdomain = whole(`${LABEL}(\\.${LABEL})*`, 253);
const isWord = whole(WORD, 63);
const isValue = whole(`(${WORD})?`, 63);

/** What is wrong with the name, labels and annotations of an object, and of the pods that it makes. */
export function checkMetadata(object: Json): Issue[] {
  const template = isObject(object.spec) ? object.spec.template : undefined;
  return [
    ...checkName(object.kind, ((object.metadata ?? {}) as Json).name),
    ...checkMaps(object.metadata, 'metadata'),
    ...(isObject(template) ? checkMaps(template.metadata, 'spec.template') : []),
  ];
}

function checkMaps(metadata: unknown, path: string): Issue[] {
  const { labels = {}, annotations = {} } = (metadata ?? {}) as Json;
  return [
    ...entries(labels).flatMap(([key, value]) => [
      ...(isQualified(key)
        ? []
        : [issue(`${path}.labels`, key, 'name part must consist of alphanumeric characters')]),
      ...(isValue(value)
        ? []
        : [
            issue(
              `${path}.labels`,
              value,
              'a valid label must be an empty string or consist of alphanumeric characters',
            ),
          ]),
    ]),
    ...entries(annotations).flatMap(([key]) =>
      isQualified(key.toLowerCase())
        ? []
        : [issue(`${path}.annotations`, key, 'name part must consist of alphanumeric characters')],
    ),
  ];
}

/** `example.com/name` or `name` */
export function isQualified(key: string): boolean {
  const parts = key.split('/');
  const [name = '', prefix] = parts.toReversed();
  return parts.length <= 2 && isWord(name) && (prefix === undefined || isSubdomain(prefix));
}

function checkName(kind: unknown, name: unknown): Issue[] {
  if (typeof name !== 'string')
    return [{ path: 'metadata.name', message: 'Required value: name or generateName is required' }];
  // Names of roles may be anything that a path can have.
  if (String(kind).startsWith('ClusterRole')) return [];
  if (kind === 'Namespace')
    return isLabel(name)
      ? []
      : [
          issue(
            'metadata.name',
            name,
            'a lowercase RFC 1123 label must consist of lower case alphanumeric characters',
          ),
        ];
  return isSubdomain(name)
    ? []
    : [
        issue(
          'metadata.name',
          name,
          'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters',
        ),
      ];
}

function entries(map: unknown): [string, string][] {
  return Object.entries(isObject(map) ? map : {}).map(([key, value]) => [key, String(value)]);
}

function whole(pattern: string, most: number): (text: string) => boolean {
  const all = new RegExp(`^(?:${pattern})$`);
  return (text) => text.length <= most && all.test(text);
}

function issue(path: string, value: string, message: string): Issue {
  return { path, message: `Invalid value: ${JSON.stringify(value)}: ${message}` };
}
