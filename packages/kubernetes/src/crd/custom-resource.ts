import * as z from 'zod';
import { GROUP, NAME, VERSION } from '../names.ts';

/** A kind of ours, before it becomes a CustomResourceDefinition. All are of the cluster, not of a namespace. */
export interface CustomResource {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  /** What is wanted; nothing where a kind only reports. */
  readonly spec?: z.ZodType;
  readonly status: z.ZodType;
  /** What `kubectl get` shows; priority 1 with -o wide. */
  readonly columns: readonly PrinterColumn[];
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'boolean';
  readonly jsonPath: string;
  readonly description?: string;
  readonly priority?: 0 | 1;
}

/** apiextensions.k8s.io/v1 */
export function customResourceDefinition(resource: CustomResource): object {
  const { kind, plural, shortNames, description, spec, status, columns } = resource;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${GROUP}`,
      labels: { 'app.kubernetes.io/name': NAME, 'app.kubernetes.io/part-of': NAME },
    },
    spec: {
      group: GROUP,
      scope: 'Cluster',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [...shortNames],
        categories: [NAME],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns.map((column) => ({ ...column })),
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description,
              ...(spec && { required: ['spec'] }),
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                ...(spec && { spec: { description: 'what is wanted', ...structuralSchema(spec) } }),
                status: { description: 'what became of it; agents write it', ...structuralSchema(status) },
              },
            },
          },
        },
      ],
    },
  };
}

type JsonSchema = Record<string, unknown>;

/**
 * The structural OpenAPI schema that a zod schema stands for. The API server prunes unknown fields by itself, and
 * refuses them where the client asks for strict validation, as kubectl does.
 */
export function structuralSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...whole } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    unrepresentable: 'throw',
    override: ({ jsonSchema }) => tidy(jsonSchema as JsonSchema),
  }) as JsonSchema;
  return whole;
}

/** What the API server's dialect does not know, or does not allow beside something else. */
function tidy(schema: JsonSchema): void {
  if (schema.properties !== undefined) delete schema.additionalProperties; // both at once are not structural
  delete schema.propertyNames;
  if (schema.type === 'integer') {
    schema.format ??=
      Number(schema.maximum) > 2 ** 31 - 1 || schema.maximum === undefined ? 'int64' : 'int32';
    if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
    if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  }
  if (schema.format === 'date-time') delete schema.pattern;
}
