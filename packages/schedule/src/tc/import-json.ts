import { TsnctlError } from '@tsnctl/codec';
import { TC_H_ROOT } from '@tsnctl/netlink';
import * as z from 'zod';
import type { PlacedQdisc } from '../to-qdiscs.ts';
import type { ImportedQdiscs } from './import-command.ts';

const integer = z.union([z.int(), z.bigint()]);
const schedule = z.object({
  base_time: integer.optional(),
  cycle_time: integer.optional(),
  cycle_time_extension: integer.optional(),
  schedule: z
    .array(z.object({ cmd: z.enum(['S', 'H', 'R']), gatemask: z.string(), interval: z.int() }))
    .optional(),
});
const map = {
  tc: z.int(),
  map: z.array(z.int()),
  queues: z.array(
    z.union([
      z.object({ offset: z.int(), count: z.int() }),
      z.tuple([z.int(), z.int()]).transform(([first, last]) => ({ offset: first, count: last - first + 1 })), // mqprio
    ]),
  ),
};
const clockid = z.string().transform((name) => `CLOCK_${name.replace(/^CLOCK_/, '')}`);
const onOff = z.enum(['on', 'off']).transform((word) => word === 'on');

/** `tc -j qdisc show`: the options by kind. Kinds without a row have none that matter here. */
const readers: Readonly<Record<string, z.ZodType<object>>> = {
  taprio: z
    .object({
      ...map,
      clockid: clockid.optional(),
      flags: z.string().optional(),
      txtime_delay: z.int().optional(),
      ...schedule.shape,
      admin: schedule.optional(),
      'max-sdu': z.array(z.int()).optional(),
    })
    .transform((found) => {
      const sdus = (found['max-sdu'] ?? []).flatMap((maxSduBytes, tc) =>
        maxSduBytes > 0 && tc < found.tc ? [{ tc, maxSduBytes }] : [],
      );
      return defined({
        ...priorityMap(found),
        ...times(found),
        admin: found.admin && defined(times(found.admin)),
        clockid: found.clockid,
        flags: found.flags === undefined || Number(found.flags) === 0 ? undefined : Number(found.flags),
        txtimeDelayNs: found.txtime_delay || undefined,
        classes: sdus.length > 0 ? sdus : undefined,
      });
    }),
  mqprio: z.object({ ...map, hw: z.union([z.int(), z.boolean()]).optional() }).transform((found) => ({
    ...priorityMap(found),
    hw: Number(found.hw ?? 0),
  })),
  etf: z
    .object({ clockid, delta: z.int(), offload: onOff, deadline_mode: onOff, skip_sock_check: onOff })
    .transform(({ delta, deadline_mode, skip_sock_check, ...rest }) => ({
      ...rest,
      deltaNs: delta,
      deadlineMode: deadline_mode,
      skipSockCheck: skip_sock_check,
    })),
  cbs: z
    .object({
      idleslope: z.int(),
      sendslope: z.int(),
      hicredit: z.int(),
      locredit: z.int(),
      offload: z.int(),
    })
    .transform((found) => ({
      idleslopeKbps: found.idleslope,
      sendslopeKbps: found.sendslope,
      hicreditBytes: found.hicredit,
      locreditBytes: found.locredit,
      offload: found.offload !== 0,
    })),
  prio: z.object({ bands: z.int(), priomap: z.array(z.int()) }),
  pfifo: z.object({ limit: z.int() }).transform(({ limit }) => ({ limitPackets: limit })),
  bfifo: z.object({ limit: z.int() }).transform(({ limit }) => ({ limitBytes: limit })),
};

const entry = z.object({
  kind: z.string(),
  handle: z.string(),
  dev: z.string().optional(),
  root: z.boolean().optional(),
  parent: z.string().optional(),
  options: z.unknown(),
});

/** The qdiscs of one interface as `tc -j qdisc show dev IF` tells them. @throws TsnctlError TC_JSON */
export function fromTcJson(text: string): ImportedQdiscs {
  const parsed = z.array(entry).safeParse(parse(text));
  if (!parsed.success)
    throw refuse(`it is not what tc -j qdisc show tells: ${parsed.error.issues[0]?.message}`);
  const roots = parsed.data.filter(({ root }) => root);
  const dev = (roots.find(({ kind }) => kind !== 'noqueue') ?? roots[0])?.dev;
  const devs = new Set(roots.map((one) => one.dev));
  if (devs.size > 1 && roots.filter(({ kind }) => kind !== 'noqueue').length !== 1) {
    throw refuse(`it tells of several interfaces: ${[...devs].join(', ')}`, 'tc -j qdisc show dev IF');
  }
  const own = parsed.data.filter((one) => one.dev === dev);
  return { dev, qdiscs: own.flatMap((one) => placed(one)) };
}

function placed({ kind, handle, root, parent, options }: z.infer<typeof entry>): PlacedQdisc[] {
  const at = root ? TC_H_ROOT : parent === undefined ? undefined : handleOf(parent);
  if (at === undefined || parent?.startsWith('ffff:')) return []; // clsact, ingress
  const own = handleOf(handle);
  const read = Object.hasOwn(readers, kind) ? readers[kind] : undefined;
  if (!read) return [{ parent: at, kind, ...(own && { handle: own }) }];
  const result = read.safeParse(options);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw refuse(`the options of ${kind}: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  return [{ parent: at, kind, ...(own && { handle: own }), options: result.data }];
}

function priorityMap(found: { tc: number; map: number[]; queues: { offset: number; count: number }[] }) {
  return {
    numTc: found.tc,
    map: found.map,
    queues: found.queues.map(({ count, offset }) => ({ count, offset })),
  };
}

function times(found: z.infer<typeof schedule>) {
  return {
    baseTimeNs: found.base_time === undefined ? undefined : BigInt(found.base_time),
    cycleTimeNs: found.cycle_time === undefined ? undefined : BigInt(found.cycle_time),
    cycleTimeExtensionNs: found.cycle_time_extension ? BigInt(found.cycle_time_extension) : undefined,
    entries: found.schedule?.map(({ cmd, gatemask, interval }) => ({
      command: cmd,
      gateMask: Number(gatemask),
      intervalNs: interval,
    })),
  };
}

/** Times have more digits than a double: they are read from the text itself. */
function parse(text: string): unknown {
  const exact = (_: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? 0)
      : value;
  try {
    // older tc, such as Debian 12's, leaves out the name of the schedule to come
    return JSON.parse(text.replace(/\](\s*,\s*)\{(?=\s*"base_time")/g, ']$1"admin":{'), exact);
  } catch (cause) {
    throw refuse(
      `it is not JSON: ${cause instanceof Error ? cause.message : cause}`,
      'tc -j qdisc show dev IF',
    );
  }
}

function handleOf(text: string): number {
  const [major = '', minor = ''] = text.split(':');
  return (Number.parseInt(major, 16) || 0) * 0x1_0000 + (Number.parseInt(minor, 16) || 0);
}

function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

function refuse(message: string, hint = 'the output of: tc -j -d qdisc show dev IF'): TsnctlError {
  return new TsnctlError('TC_JSON', message, { hint });
}
