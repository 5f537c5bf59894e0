import { CodecError, type Endian, Reader, type SizedCodec } from '@tsnctl/codec';

/** What the generated code reads with: constants by name, and the byte order. */
export interface Scope {
  readonly endian: Endian;
  /** A name for a value that the code uses. */
  constant(value: unknown): string;
}

/** A JavaScript expression of the value at an offset, itself an expression; `v` is the DataView. */
export type Source = (at: string, scope: Scope) => string;

/** Reads one value out of `view`. */
export type ReadAt<T> = (view: DataView, offset: number) => T;

type Getter = Extract<keyof DataView, `get${string}`>;

export const getter = (name: Getter): Source =>
  name === 'getUint8' || name === 'getInt8'
    ? (at) => `v.${name}(${at})`
    : (at, { endian }) => `v.${name}(${at},${endian === 'little'})`;

/** What has no short expression is read by its codec, and copied out of the view. */
export function byCodec(codec: SizedCodec<unknown>): Source {
  return (at, scope) => `${scope.constant(readWith(codec, scope.endian))}(v,${at})`;
}

/** The same for a whole value, where no code can be made. */
export function readWith<T>(codec: SizedCodec<T>, endian: Endian): ReadAt<T> {
  return (view, offset) => {
    const reader = new Reader(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), endian);
    reader.seek(offset);
    const value = codec.read(reader);
    return value instanceof Uint8Array ? (value.slice() as typeof value) : value;
  };
}

/** Up to so many elements an array is written out; more are read in a loop. */
const UNROLLED = 8;

export function arraySource(element: Source, length: number, stride: number): Source {
  return (at, scope) => {
    if (length > UNROLLED) {
      return `((o)=>{const a=[];for(let i=0;i<${length};i++)a.push(${element(`o+i*${stride}`, scope)});return a})(${at})`;
    }
    const all = Array.from({ length }, (_, i) => element(offsetBy(at, i * stride), scope));
    return `[${all.join(',')}]`;
  };
}

/** `__proto__` as a name in brackets is a member like any other. */
export function objectSource(
  fields: readonly (readonly [name: string, at: number, source: Source])[],
): Source {
  return (at, scope) => {
    const all = fields.map(
      ([name, offset, source]) => `[${JSON.stringify(name)}]:${source(offsetBy(at, offset), scope)}`,
    );
    return `{${all.join(',')}}`;
  };
}

function offsetBy(at: string, offset: number): string {
  return offset === 0 ? at : `${at}+${offset}`;
}

/**
 * A function out of a source: some ten times as fast as the codec. Undefined where the platform allows no code from
 * text: a page with a content security policy, or Node with --disallow-code-generation-from-strings.
 */
export function compile<T>(source: Source, size: number, endian: Endian): ReadAt<T> | undefined {
  const constants: unknown[] = [];
  const constant = (value: unknown) => `k[${constants.push(value) - 1}]`;
  const outside = (length: number, offset: number) => {
    throw new CodecError('', `needs ${size} bytes at ${offset}, the view has ${length}`);
  };
  const check = `if(!(o>=0&&o+${size}<=v.byteLength))${constant(outside)}(v.byteLength,o);`;
  try {
    return new Function('k', `return (v,o)=>{${check}return (${source('o', { endian, constant })})}`)(
      constants,
    );
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}
