import type { Btf, BtfType } from '../src/index.ts';

/** A type as `bpftool btf dump file FILE format raw` shows it. */
export function asBpftool(btf: Btf, id: number): string {
  return `[${id}] ${lines(btf, btf.type(id)).join('\n\t')}`;
}

function lines(btf: Btf, type: BtfType): string[] {
  switch (type.kind) {
    case 'int': {
      const encoding = type.bool ? 'BOOL' : type.signed ? 'SIGNED' : '(none)';
      return [
        `INT '${type.name}' size=${type.size} bits_offset=${type.offset} nr_bits=${type.bits} encoding=${encoding}`,
      ];
    }
    case 'ptr':
      return [`PTR '(anon)' type_id=${type.type}`];
    case 'array':
      return [`ARRAY '(anon)' type_id=${type.type} index_type_id=${type.index} nr_elems=${type.length}`];
    case 'struct':
    case 'union':
      return [
        `${type.kind.toUpperCase()} ${nameOf(type)} size=${type.size} vlen=${type.members.length}`,
        ...type.members.map(
          (member) =>
            `${nameOf(member)} type_id=${member.type} bits_offset=${member.bitOffset}${
              member.bitSize ? ` bitfield_size=${member.bitSize}` : ''
            }`,
        ),
      ];
    case 'enum':
    case 'enum64':
      return [
        `${type.kind.toUpperCase()} ${nameOf(type)} encoding=${type.signed ? 'SIGNED' : 'UNSIGNED'} size=${type.size} vlen=${type.values.length}`,
        ...type.values.map(
          ({ name, value }) => `'${name}' val=${value}${type.kind === 'enum64' ? suffix(type.signed) : ''}`,
        ),
      ];
    case 'fwd':
      return [`FWD ${nameOf(type)} fwd_kind=${type.of}`];
    case 'func':
      return [`FUNC ${nameOf(type)} type_id=${type.type} linkage=${linkages[type.linkage]}`];
    case 'funcProto':
      return [
        `FUNC_PROTO '(anon)' ret_type_id=${type.type} vlen=${type.params.length}`,
        ...type.params.map((param) => `${nameOf(param)} type_id=${param.type}`),
      ];
    case 'var':
      return [`VAR ${nameOf(type)} type_id=${type.type}, linkage=${linkages[type.linkage]}`];
    case 'datasec':
      return [
        `DATASEC ${nameOf(type)} size=${type.size} vlen=${type.variables.length}`,
        ...type.variables.map(({ type: id, offset, size }) => {
          const variable = btf.type(id) as { name: string };
          return `type_id=${id} offset=${offset} size=${size} (VAR '${variable.name}')`;
        }),
      ];
    case 'float':
      return [`FLOAT ${nameOf(type)} size=${type.size}`];
    case 'declTag':
      return [`DECL_TAG ${nameOf(type)} type_id=${type.type} component_idx=${type.component}`];
    case 'void':
    case 'unknown':
      return [type.kind];
    default:
      return [`${words[type.kind]} ${nameOf(type)} type_id=${type.type}`];
  }
}

const words = {
  typedef: 'TYPEDEF',
  volatile: 'VOLATILE',
  const: 'CONST',
  restrict: 'RESTRICT',
  typeTag: 'TYPE_TAG',
};
const linkages = ['static', 'global', 'extern'];
const suffix = (signed: boolean) => (signed ? 'LL' : 'ULL');

function nameOf({ name }: { name: string }): string {
  return `'${name || '(anon)'}'`;
}
