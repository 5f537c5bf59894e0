import * as z from 'zod';
import { configSchema } from './schema.ts';

/** A key of the configuration, as docs/configuration.md lists it. */
export interface ConfigKey {
  /** `pods.mode`; of each entry of a list `uplinks[].name`. */
  readonly key: string;
  readonly values: string;
  readonly byDefault: string;
  readonly description: string;
}

/** Every key that the schema has, in its order. */
export function configKeys(): ConfigKey[] {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return keysOf(schema, '');
}

/** The keys as a table in Markdown. */
export function renderConfigKeys(keys: readonly ConfigKey[] = configKeys()): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = keys.map(({ key, values, byDefault, description }) =>
    [`\`${key}\``, values, byDefault, description].map(cell).join(' | '),
  );
  return ['| key | values | default | |', '|---|---|---|---|', ...rows.map((row) => `| ${row} |`)].join('\n');
}

/** As far as zod makes use of it. */
interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly form?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

function keysOf(schema: JsonSchema, above: string): ConfigKey[] {
  const maps = [schema, ...(schema.anyOf ?? [])].filter((form) => form.properties);
  return maps.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([name, below]) => {
      const key = `${above}${name}`;
      return [
        {
          key,
          values: valuesOf(below),
          byDefault: defaultOf(below, required.includes(name)),
          description: below.description ?? '',
        },
        ...keysOf(below, `${key}.`),
        ...(below.items ? keysOf(below.items, `${key}[].`) : []),
      ];
    }),
  );
}

function valuesOf(schema: JsonSchema): string {
  if (schema.form) return schema.form;
  if (schema.anyOf) return schema.anyOf.map(valuesOf).join(', or ');
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.type === 'integer') return `${schema.minimum} to ${schema.maximum}`;
  return WORDS[schema.type ?? ''] ?? '';
}

const WORDS: Record<string, string> = {
  string: 'a text',
  boolean: '`true`, `false`',
  object: 'a map',
  array: 'a list',
};

function defaultOf({ default: value, properties }: JsonSchema, required: boolean): string {
  if (required) return 'has to be there';
  if (value === undefined || properties) return '';
  if (Array.isArray(value) || typeof value === 'object') return '';
  return `\`${value}\``;
}
