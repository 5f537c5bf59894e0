import { ROLES, type Role } from '../model.ts';
import type { FoundHook, FoundProgram, NodeObservations } from './observations.ts';
import type { HookSnapshot, ProgramSnapshot } from './schema.ts';

/** Every hook with programs, in the order in which they run. */
export function hookSnapshots({ hooks, links, pinned }: NodeObservations): HookSnapshot[] {
  const nameOf = (ifindex: number) => links.find((link) => link.index === ifindex)?.name ?? `if${ifindex}`;
  const pins = new Map(pinned.map((link) => [link.linkId, link.path]));
  return hooks
    .filter(({ programs }) => programs.length > 0)
    .map((found: FoundHook) => ({
      interface: nameOf(found.ifindex),
      ifindex: found.ifindex,
      hook: found.hook,
      programs: found.programs.map((program, at) => programSnapshot(program, at + 1, pins)),
    }));
}

const OUR_FILTER = /^tsnctl:(\w+)/;

/** Ours are the links at our pins, and filters by our name. */
function programSnapshot(
  { programId, programName, tag, linkId, filter }: FoundProgram,
  order: number,
  pins: ReadonlyMap<number, string>,
): ProgramSnapshot {
  const pin = linkId ? pins.get(linkId) : undefined;
  const named = filter ? OUR_FILTER.exec(filter.bpf?.name ?? '')?.[1] : programName;
  const role = pin !== undefined || filter ? roleOf(named) : undefined;
  return {
    order,
    via: filter ? 'clsact' : 'tcx',
    name: programName || filter?.bpf?.name || filter?.kind || '',
    role: role ?? null,
    owner: pin !== undefined || role !== undefined ? 'tsnctl' : 'other',
    programId: programId ?? null,
    tag: tag ?? null,
    linkId: linkId || null,
    pin: pin ?? null,
    filter: filter
      ? {
          kind: filter.kind,
          name: filter.bpf?.name ?? null,
          priority: filter.priority,
          handle: filter.handle,
        }
      : null,
  };
}

function roleOf(name: string | undefined): Role | undefined {
  return ROLES.find((role) => role === name);
}
