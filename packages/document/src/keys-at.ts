import type * as z from 'zod';
import type { Path } from './place.ts';

type Type = z.core.$ZodType;

/** The keys that a schema knows at a path. */
export function keysAt(schema: z.ZodType, path: Path): string[] {
  let types: Type[] = [schema];
  for (const step of path) types = types.flatMap(unwrap).flatMap((type) => below(type, step));
  return [...new Set(types.flatMap(unwrap).flatMap((type) => Object.keys(shapeOf(type) ?? {})))];
}

function defOf(type: Type): z.core.$ZodTypes['_zod']['def'] {
  return (type as z.core.$ZodTypes)._zod.def;
}

function shapeOf(type: Type): Readonly<Record<string, Type>> | undefined {
  const def = defOf(type);
  return def.type === 'object' ? def.shape : undefined;
}

/** What stands behind defaults, options and alternatives. */
function unwrap(type: Type): Type[] {
  const def = defOf(type);
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'catch':
      return unwrap(def.innerType);
    case 'pipe':
      return [...unwrap(def.in), ...unwrap(def.out)];
    case 'lazy':
      return unwrap(def.getter());
    case 'union':
      return def.options.flatMap(unwrap);
    case 'intersection':
      return [...unwrap(def.left), ...unwrap(def.right)];
    default:
      return [type];
  }
}

function below(type: Type, step: PropertyKey): Type[] {
  const def = defOf(type);
  if (def.type === 'array') return [def.element];
  if (def.type === 'record') return [def.valueType];
  const inner = shapeOf(type)?.[String(step)];
  return inner ? [inner] : [];
}
