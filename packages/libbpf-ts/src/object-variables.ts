import type { Variable } from '@tsnctl/btf';
import { decode, encode, TsnctlError } from '@tsnctl/codec';
import type { Fd } from '@tsnctl/linux';
import { BpfMap } from './map.ts';

/** Sections of global variables. */
export type VariableSection =
  | '.rodata'
  | '.data'
  | '.bss'
  | `.data.${string}`
  | `.rodata.${string}`
  | `.bss.${string}`;

/** What an object tells of itself. */
interface Host {
  readonly name: string;
  maps(): string[];
  variables(section: VariableSection): Variable[];
  /** A descriptor of a section's map, of the caller's own. */
  sectionMap(section: VariableSection): Fd;
}

export interface VariablePlace {
  readonly section: VariableSection;
  readonly variable: Variable;
}

/** The global variables of an object that may be written, by their names. */
export class ObjectVariables {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /** @throws TsnctlError NO_VARIABLE, which names those that there are */
  place(name: string): VariablePlace {
    const places = this.#places();
    const place = places.find(({ variable }) => variable.name === name);
    if (place) return place;
    throw new TsnctlError('NO_VARIABLE', `${this.#host.name} has no variable ${name}`, {
      hint: `it has: ${places.map(({ variable }) => variable.name).join(', ') || 'none'}`,
    });
  }

  /** From the memory that a loaded object shares with its programs. */
  read(name: string): unknown {
    using shared = this.share(name);
    return shared.read();
  }

  write(name: string, value: unknown): void {
    using shared = this.share(name);
    shared.bytes.set(encode(shared.variable.codec, value));
  }

  /** A variable's bytes as the programs see them, until disposed. */
  share(name: string): Disposable & { bytes: Uint8Array; variable: Variable; read(): unknown } {
    const { section, variable } = this.place(name);
    using map = new BpfMap(this.#host.sectionMap(section));
    const memory = map.mapped();
    const bytes = memory.bytes.subarray(variable.offset, variable.offset + variable.size);
    return {
      bytes,
      variable,
      read: () => decode(variable.codec, bytes),
      [Symbol.dispose]: () => memory[Symbol.dispose](),
    };
  }

  #places(): VariablePlace[] {
    const sections = this.#host.maps().flatMap((name) => sectionOf(name) ?? []);
    return sections.flatMap((section) =>
      this.#host.variables(section).map((variable) => ({ section, variable })),
    );
  }
}

/** Set constants in the bytes of their section. @throws TsnctlError NO_VARIABLE; CodecError */
export function writeConstants(
  object: string,
  constants: readonly Variable[],
  memory: Uint8Array,
  values: Record<string, unknown>,
): void {
  for (const [name, value] of Object.entries(values)) {
    const constant = constants.find((candidate) => candidate.name === name);
    if (constant === undefined) {
      throw new TsnctlError('NO_VARIABLE', `${object} has no constant ${name}`, {
        hint: `it has: ${constants.map((candidate) => candidate.name).join(', ') || 'none'}`,
      });
    }
    memory.set(encode(constant.codec, value), constant.offset);
  }
}

/** Maps of global variables are named after their section, the common ones with the object's name in front. */
function sectionOf(map: string): VariableSection | undefined {
  const [section] = /\.(data|bss|rodata)(\..*)?$/.exec(map) ?? [];
  return section?.startsWith('.rodata') ? undefined : (section as VariableSection | undefined);
}
