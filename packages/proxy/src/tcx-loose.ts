import { isErrno } from '@tsnctl/linux';
import { BpfLink, BpfMap, BpfProgram, type Direction, queryTcx, type TcxEntry } from 'libbpf-ts';
import { hookOf, type LooseLink, ROLES, type Role } from './model.ts';
import { TABLES } from './pins.ts';
import { mapName } from './table-shape.ts';

/** What stands on hooks of this thread's namespace, each asked once. */
export class Hooks {
  readonly #known = new Map<string, readonly TcxEntry[]>();

  at(ifindex: number, direction: Direction): readonly TcxEntry[] {
    const key = `${ifindex} ${direction}`;
    const found = this.#known.get(key) ?? queryTcx({ ifindex, direction });
    this.#known.set(key, found);
    return found;
  }
}

/**
 * Our programs on these interfaces that no pin of ours holds. A BPF file system that is unmounted goes on as long as
 * another mount namespace has it, a container's say, and with it every link that is pinned there. Such a saver takes
 * the word of another one for a forged one.
 */
export function looseLinks(
  interfaces: readonly number[],
  hooks: Hooks,
  pinned: ReadonlySet<number>,
): LooseLink[] {
  const roles = new Map<number, Role | undefined>();
  const roleOf = (programId: number) => {
    if (!roles.has(programId)) roles.set(programId, ourRole(programId));
    return roles.get(programId);
  };
  return interfaces.flatMap((ifindex) =>
    DIRECTIONS.flatMap((direction) =>
      entries(hooks, ifindex, direction)
        .filter(({ linkId }) => linkId !== 0 && !pinned.has(linkId))
        .flatMap(({ linkId, programId }): LooseLink[] => {
          const role = roleOf(programId);
          return role && hookOf[role] === direction ? [{ ifindex, role, linkId }] : [];
        }),
    ),
  );
}

/** Take it off its hook, whoever holds it. */
export function detachLoose(linkId: number): void {
  try {
    using link = BpfLink.fromId(linkId);
    link.detach();
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error; // it has gone by itself
  }
}

const DIRECTIONS = ['ingress', 'egress'] as const satisfies Direction[];

function entries(hooks: Hooks, ifindex: number, direction: Direction): readonly TcxEntry[] {
  try {
    return hooks.at(ifindex, direction);
  } catch (error) {
    if (isErrno(error, 'ENODEV')) return [];
    throw error;
  }
}

/** By its name, and by a table of ours that it uses: others may have chosen the same name. */
function ourRole(programId: number): Role | undefined {
  try {
    using program = BpfProgram.fromId(programId);
    const { name, mapIds } = program.describe();
    const role = ROLES.find((candidate) => candidate === name);
    return role && mapIds.some(isOurTable) ? role : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isOurTable(id: number): boolean {
  using map = BpfMap.fromId(id);
  return TABLE_NAMES.has(map.name);
}

/** As the kernel keeps them. */
const TABLE_NAMES: ReadonlySet<string> = new Set(TABLES.map((table) => mapName(table).slice(0, 15)));
