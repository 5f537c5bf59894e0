import type { Btf } from './btf.ts';
import { badBtf } from './error.ts';
import type { BtfModifier, BtfType } from './type.ts';

/**
 * The type behind all typedefs, qualifiers and tags.
 *
 *     resolve(btf, btf.find('__u32')).kind; // 'int'
 *
 * @throws TsnctlError BTF where they go round in a circle
 */
export function resolve(btf: Btf, id: number): Exclude<BtfType, BtfModifier> {
  let current = id;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const type = btf.type(current);
    if (!isModifier(type)) return type;
    current = type.type;
  }
  return badBtf(`type ${id} is ${MAX_STEPS} names away from what it is, or defined by itself`);
}

const MAX_STEPS = 64; // the kernel refuses more than 32

const modifiers: ReadonlySet<string> = new Set(['typedef', 'volatile', 'const', 'restrict', 'typeTag']);

function isModifier(type: BtfType): type is BtfModifier {
  return modifiers.has(type.kind);
}
