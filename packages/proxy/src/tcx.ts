import { existsSync, rmSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno, type NetNs } from '@tsnctl/linux';
import { BpfLink, BpfProgram } from 'libbpf-ts';
import { abilities } from './abilities.ts';
import type { Attacher } from './attacher.ts';
import { type Attachment, hookOf, ROLES, type Role } from './model.ts';
import { Pins } from './pins.ts';
import { at, type Place } from './place.ts';
import { Hooks, looseLinks } from './tcx-loose.ts';

/** Pinned tcx links, kernel 6.6: the first on their hook, except inside the pod, where they see what it sends. */
export function tcx(netns: NetNs, pins: Pins): Attacher {
  const path = ({ ifindex, role }: Place) => pins.link(ifindex, hookOf[role]);
  const create = (place: Place, program: BpfProgram) =>
    at(netns, place, (where) =>
      program.attachTcx({ ...where, position: hookOf[place.role] === 'inside' ? 'last' : 'first' }),
    );
  return {
    attach(place, program) {
      try {
        using link = create(place, program);
        link.pin(path(place));
      } catch (cause) {
        throw isErrno(cause, 'ERANGE') ? hookFull(place, cause) : cause;
      }
    },

    replace(place, program) {
      using link = BpfLink.pinned(path(place));
      link.update(program);
    },

    detach(place) {
      if (existsSync(path(place))) removeLink(path(place));
    },

    /**
     * A link cannot be moved: a second one goes in front, does nothing until both are swapped, and then the
     * first one goes. No packet is without; both work on those of the microseconds between two updates.
     */
    moveFirst(place, program, pass) {
      using old = BpfLink.pinned(path(place));
      using link = create(place, pass);
      link.update(program);
      old.update(pass);
      rmSync(path(place));
      link.pin(path(place));
      old.detach();
    },

    observe(interfaces, only) {
      const known = new Set(interfaces.map(({ ifindex }) => ifindex));
      const roleOf = rolesByProgram();
      // All at once: to go to the namespace and back for each would take longer than to look.
      return netns.run(() => {
        const hooks = new Hooks();
        const look = { known, roleOf, hooks };
        const found = pins.links(only).map((path) => ({ path, ...observeLink(path, look) }));
        const pinned = new Set(found.map(({ linkId }) => linkId));
        return {
          attachments: found.flatMap(({ attachment }) => attachment ?? []),
          stale: found.filter(({ attachment }) => !attachment).map(({ path }) => path),
          // A kernel without tcx has no such hooks to be asked about.
          loose: only || !abilities().tcx ? [] : looseLinks([...known], hooks, pinned),
        };
      });
    },
  };
}

/** Detach a pinned link and forget it. */
export function removeLink(path: string): void {
  using link = BpfLink.pinned(path);
  if (link.info().ifindex !== 0) link.detach();
  rmSync(path);
}

/** What all links of one look share. */
interface Look {
  known: ReadonlySet<number>;
  roleOf: (programId: number, path: string) => Role;
  hooks: Hooks;
}

/** What a pinned link attaches in this thread's namespace; nothing where its interface has gone or moved to another namespace. */
function observeLink(
  path: string,
  { known, roleOf, hooks }: Look,
): { linkId: number; attachment?: Attachment } {
  using link = BpfLink.pinned(path);
  const { id, ifindex, programId } = link.info();
  const role = roleOf(programId, path);
  const { host } = Pins.placeOf(path);
  if (ifindex === 0 || !known.has(host)) return { linkId: id };
  if (hookOf[role] === 'inside')
    return { linkId: id, attachment: { ifindex: host, role, via: 'tcx', first: true } };
  const order = hooks.at(ifindex, role === 'restorer' ? 'egress' : 'ingress');
  if (!order.some(({ linkId }) => linkId === id)) return { linkId: id };
  return { linkId: id, attachment: { ifindex, role, via: 'tcx', first: order[0]?.linkId === id } };
}

/** One program serves many links: each is asked for its name once. */
function rolesByProgram(): Look['roleOf'] {
  const known = new Map<number, Role>();
  return (programId, path) => {
    const role = known.get(programId) ?? readRole(programId, path);
    known.set(programId, role);
    return role;
  };
}

function readRole(programId: number, path: string): Role {
  using program = BpfProgram.fromId(programId);
  const { name } = program.info();
  const role = ROLES.find((candidate) => candidate === name);
  if (role) return role;
  throw new TsnctlError('FOREIGN_PIN', `${path} is a link to the program ${name}, not one of ours`, {
    hint: `bpftool link show pinned ${path}; if it is not needed: rm ${path}`,
  });
}

function hookFull({ name, role }: Place, cause: unknown): TsnctlError {
  const show = `bpftool net show dev ${name}`;
  const where = hookOf[role] === 'inside' ? "bpftool net show in the pod's namespace" : show;
  return new TsnctlError('HOOK_FULL', "other programs fill this hook up to the kernel's limit", {
    hint: `${where}, and take some of them off`,
    cause,
  });
}
