/** What is wrong with an object, in the words of the API server. */
export interface Issue {
  readonly path: string;
  readonly message: string;
  /** Not of the schema at all: refused where the client asks for strict validation, otherwise left out. */
  readonly unknown?: boolean;
}

export type Json = { [key: string]: unknown };

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
