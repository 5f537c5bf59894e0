import { attrPathAt, type Codec } from '@tsnctl/codec';
import { header } from './message.ts';

/**
 * What a spec calls an attribute, by the attribute's path in the message: `{ ifname: 'name' }`. The longest path that
 * fits counts, and what is inside of it is appended; `'params.*'` stands for all that is inside, too;
 * `''` is no field, but what holds them.
 * An attribute that is not here goes by its own path.
 */
export type FieldNames = Readonly<Record<string, string>>;

/** The field of a spec that lies at `offset` of the request, counted from its nlmsghdr as an extended ack does. */
export function fieldAt<T>(
  codec: Codec<T>,
  body: Uint8Array,
  names: FieldNames,
  offset: number,
): string | undefined {
  const path = attrPathAt(codec, body, offset - header.size);
  return path === undefined ? undefined : specField(path.replace(/^attrs\./, ''), names) || undefined;
}

function specField(path: string, names: FieldNames): string {
  const parts = path.split('.');
  for (let length = parts.length; length > 0; length--) {
    const head = parts.slice(0, length).join('.');
    const whole = names[`${head}.*`];
    if (whole !== undefined) return whole;
    const name = names[head];
    if (name !== undefined) return [name, ...parts.slice(length)].filter(Boolean).join('.');
  }
  return path;
}

/** The names of what is inside of one attribute, where both specs and messages have it under the same name. */
export function fieldsInside(attribute: string, names: FieldNames = {}): FieldNames {
  return Object.fromEntries(
    Object.entries(names).map(([path, name]) => [
      `${attribute}.${path}`,
      name ? `${attribute}.${name}` : attribute,
    ]),
  );
}
