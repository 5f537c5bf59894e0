import { CodecError, type Fail } from '@tsnctl/codec';
import type { Btf } from './btf.ts';
import { resolve } from './resolve.ts';
import type { BtfComposite } from './type.ts';

/**
 * A value as JSON has it, made fit for the type's codec: 64-bit integers from decimal strings or numbers, `char[]` from
 * text, bytes from `0x...`. What is refused is named by its path; what the codec refuses is left to it.
 *
 *     const flow = btf.find('flow', 'struct');
 *     const json = JSON.parse('{ "source": 1, "target": 2, "port": 80, "protocol": 6 }');
 *     encode(codecFor(btf, flow), valueFromJson(btf, flow, json));
 *
 * @throws CodecError
 */
export function valueFromJson(btf: Btf, typeId: number, json: unknown): unknown {
  return convert(btf, typeId, json, []);
}

function convert(btf: Btf, id: number, json: unknown, path: readonly (string | number)[]): unknown {
  const type = resolve(btf, id);
  const fail: Fail = (message) => {
    throw new CodecError(path.join('.'), message);
  };
  switch (type.kind) {
    case 'int':
      if (type.size === 16) return hexBytes(json, 16) ?? fail(`${shown(json)} is not 16 bytes as 0x...`);
      return type.size === 8 ? big(json, fail) : json;
    case 'enum':
      return json;
    case 'enum64':
      return typeof json === 'string' && !/^-?\d+$/.test(json) ? json : big(json, fail);
    case 'ptr':
      return big(json, fail);
    case 'array': {
      const { length, type: elementId } = type;
      const element = resolve(btf, elementId);
      const isByte = element.kind === 'int' && element.size === 1;
      if (typeof json === 'string' && isByte) {
        return bytesOf(json, length, fail).map((byte) => (element.signed ? (byte << 24) >> 24 : byte));
      }
      if (!Array.isArray(json)) return json;
      return json.map((one, at) => convert(btf, elementId, one, [...path, at]));
    }
    case 'struct':
    case 'union':
      return composite(btf, type, json, path);
    case 'datasec':
      return eachField(json, path, fieldsOfSection(btf, type.variables), (fieldId, one, at) =>
        convert(btf, fieldId, one, at),
      );
    case 'var':
      return convert(btf, type.type, json, path);
    default:
      return json;
  }
}

function composite(btf: Btf, type: BtfComposite, json: unknown, path: readonly (string | number)[]): unknown {
  return eachField(json, path, fieldsOf(btf, type), ({ id, width }, one, at) => {
    const value = convert(btf, id, one, at);
    // A wide bit-field is a bigint by its own width, not by that of its type.
    return width > 0 && width <= 32 && typeof value === 'bigint' ? Number(value) : value;
  });
}

interface Field {
  readonly id: number;
  readonly width: number;
}

/** The members by name, those of anonymous members among them. */
function fieldsOf(
  btf: Btf,
  { members }: BtfComposite,
  fields = new Map<string, Field>(),
): Map<string, Field> {
  for (const { name, type, bitSize } of members) {
    const inner = name === '' ? resolve(btf, type) : undefined;
    if (inner?.kind === 'struct' || inner?.kind === 'union') fieldsOf(btf, inner, fields);
    else if (name !== '') fields.set(name, { id: type, width: bitSize });
  }
  return fields;
}

function fieldsOfSection(btf: Btf, variables: readonly { readonly type: number }[]): Map<string, number> {
  return new Map(
    variables.flatMap(({ type }) => {
      const variable = btf.type(type);
      return variable.kind === 'var' ? [[variable.name, type] as const] : [];
    }),
  );
}

function eachField<F>(
  json: unknown,
  path: readonly (string | number)[],
  fields: ReadonlyMap<string, F>,
  field: (field: F, json: unknown, path: readonly (string | number)[]) => unknown,
): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  const entries = Object.entries(json).map(([name, one]) => {
    const known = fields.get(name);
    if (known === undefined) {
      const names = [...fields.keys()].join(', ');
      throw new CodecError(
        [...path, name].join('.'),
        `there is no such field; there are: ${names || 'none'}`,
      );
    }
    return [name, field(known, one, [...path, name])] as const;
  });
  return Object.fromEntries(entries);
}

function big(json: unknown, fail: Fail): unknown {
  if (typeof json === 'bigint') return json;
  if (typeof json === 'number') {
    if (Number.isSafeInteger(json)) return BigInt(json);
    return fail(`${json} is no whole number that JSON carries exactly: write it as a string`);
  }
  if (typeof json === 'string' && /^(-?\d+|0x[0-9a-f]+)$/i.test(json)) return BigInt(json);
  return fail(`${shown(json)} is not a whole number`);
}

function bytesOf(text: string, length: number, fail: Fail): number[] {
  const bytes = hexBytes(text, length) ?? new TextEncoder().encode(text);
  if (bytes.length > length) fail(`"${text}" takes ${bytes.length} bytes where ${length} fit`);
  return Array.from({ length }, (_, at) => bytes[at] ?? 0);
}

/** `0x0a000001` as so many bytes, in their order; undefined where it is not that. */
function hexBytes(json: unknown, length: number): Uint8Array | undefined {
  if (typeof json !== 'string' || !/^0x([0-9a-f]{2})+$/i.test(json) || json.length !== 2 + 2 * length)
    return undefined;
  return Uint8Array.from({ length }, (_, at) => Number.parseInt(json.slice(2 + 2 * at, 4 + 2 * at), 16));
}

function shown(json: unknown): string {
  return JSON.stringify(json) ?? String(json);
}
