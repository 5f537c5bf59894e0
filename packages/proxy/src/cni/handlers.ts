import {
  CniError,
  type GcRequest,
  type PluginHandlers,
  type PluginRequest,
  type Result,
  toCniError,
} from '@tsnctl/cni';
import { TsnctlError } from '@tsnctl/codec';
import type { NetNs } from '@tsnctl/linux';
import type { Change } from '../intent.ts';
import type { Mode, Observed } from '../model.ts';
import { describePolicy } from '../policy.ts';
import type { ChangeQueue } from './change-queue.ts';
import { differences } from './differences.ts';
import { isSameSide, isStillThere, locate } from './locate.ts';
import { carryFor, isEmpty, stopCarrying } from './pod-changes.ts';
import { policyFromRequest } from './policy-from-request.ts';
import { type AttachmentRecord, describePod } from './record.ts';
import type { Records } from './records.ts';

export interface CniHandlerOptions {
  /** The namespace that has the host sides. */
  readonly node: NetNs;
  readonly records: Records;
  readonly queue: Pick<ChangeQueue<Change>, 'submit'>;
  /** Look at the node. */
  readonly observe: () => Observed;
  /** How pods are attached. */
  readonly mode: Mode;
  /** Why no pod can be served just now, if so. */
  readonly notReady: () => NotReady | undefined;
  readonly log: (line: string) => void;
  /** A record with the policy that it comes to where others than the pod have a say; as it is without this. */
  readonly effective?: (record: AttachmentRecord) => AttachmentRecord;
}

export interface NotReady {
  readonly message: string;
  readonly hint: string;
}

/** What a CHECK answers where something is not as recorded: the first code that the spec leaves to plugins. */
const NOT_AS_RECORDED = 100;

/** What the plugin does on a node, for `definePlugin`. */
export function cniHandlers(options: CniHandlerOptions): PluginHandlers {
  return {
    add: (request) => add(options, request),
    del: (request) => del(options, request),
    check: (request) => check(options, request),
    gc: (request) => gc(options, request),
    status: () => {
      const why = options.notReady();
      if (why) throw new CniError('notAvailable', why.message, { hint: why.hint });
    },
  };
}

async function add(options: CniHandlerOptions, request: PluginRequest): Promise<Result> {
  const { prevResult } = request;
  if (prevResult === undefined) throw notChained();
  const { records, log, effective = asIs } = options;
  const record = newRecord(options, request);
  const former = records.read(record.containerId, record.ifname);
  records.write(record); // first: an agent that is killed here finds what it was about to do
  try {
    await attach(options, effective(record));
  } catch (error) {
    takeBack(options, record, former);
    throw refusal(record, error);
  }
  log(`ADD ${describePod(record)}: ${outcome(effective(record))}`);
  return prevResult;
}

/** Records as they were before an ADD that is refused. What a DEL has removed meanwhile stays away. */
function takeBack(
  { records, log }: CniHandlerOptions,
  record: AttachmentRecord,
  former: AttachmentRecord | undefined,
): void {
  try {
    if (!former) records.remove(record);
    else if (records.read(record.containerId, record.ifname)) records.write(former);
  } catch (error) {
    log(
      `ADD ${describePod(record)}: its record stays until its interface is gone: ${toCniError(error).message}`,
    );
  }
}

function asIs(record: AttachmentRecord): AttachmentRecord {
  return record;
}

async function attach({ queue, notReady }: CniHandlerOptions, record: AttachmentRecord): Promise<void> {
  const { carried, policy, netns } = record;
  if (carried.by !== 'programs') return;
  const why = isEmpty(policy) ? undefined : notReady();
  if (why) throw new CniError('tryAgainLater', why.message, { hint: why.hint });
  await queue.submit(carryFor(carried, policy, { mode: carried.mode, netns }));
}

function newRecord({ node, mode }: CniHandlerOptions, request: PluginRequest): AttachmentRecord {
  const { containerId, ifname, netns, name: network, args } = request;
  const { policy, asks, withheld } = policyFromRequest(request);
  const found = locate(node, { netns, ifname });
  if (found.by === 'nothing' && asks) throw found.why;
  const pod = {
    namespace: args.get('K8S_POD_NAMESPACE') ?? '',
    name: args.get('K8S_POD_NAME') ?? '',
    uid: args.get('K8S_POD_UID') ?? '',
  };
  const { by, kind } = found;
  const carried = by === 'programs' ? { ...found, mode } : { by, kind };
  return { containerId, ifname, network, netns, pod, carried, policy, withheld };
}

/** It succeeds whatever it finds: a pod that cannot be deleted helps nobody. */
async function del(options: CniHandlerOptions, { containerId, ifname }: PluginRequest): Promise<void> {
  const record = options.records.read(containerId, ifname);
  if (!record) return options.log(`DEL ${containerId.slice(0, 12)} ${ifname}: nothing is recorded`);
  await forget(options, record, 'DEL');
}

async function check(options: CniHandlerOptions, request: PluginRequest): Promise<void> {
  const { containerId, ifname, netns } = request;
  const record = options.records.read(containerId, ifname);
  if (!record) {
    throw new CniError('unknownContainer', `nothing is recorded of ${ifname} of this container`, {
      hint: 'a pod that was made before our plugin came into the chain: make it anew',
    });
  }
  const found = locate(options.node, { netns, ifname });
  const { carried } = record;
  const same =
    found.by === 'programs' && carried.by === 'programs'
      ? isSameSide(found, carried)
      : found.by === carried.by;
  const differing = same
    ? differences(options.observe(), (options.effective ?? asIs)(record))
    : [`${ifname} is another interface than the recorded one`];
  if (differing.length > 0) {
    throw new CniError(NOT_AS_RECORDED, differing.join('; '), {
      hint: 'the agent mends it when it looks next, within a minute',
    });
  }
}

async function gc(options: CniHandlerOptions, { name, validAttachments }: GcRequest): Promise<void> {
  if (validAttachments === undefined) return;
  const key = (containerId: string, ifname: string) => `${containerId} ${ifname}`;
  const valid = new Set(validAttachments.map((it) => key(it.containerID, it.ifname)));
  const gone = options.records
    .list()
    .filter(({ network, containerId, ifname }) => network === name && !valid.has(key(containerId, ifname)));
  await Promise.all(gone.map((record) => forget(options, record, 'GC')));
}

/** Detach what is recorded, unless its interface is gone or another has got its index; then drop the record. */
async function forget(options: CniHandlerOptions, record: AttachmentRecord, why: string): Promise<void> {
  const { node, queue, records, log } = options;
  const { carried } = record;
  let outcome = 'forgotten';
  let kept = '';
  try {
    records.remove(record); // first: whoever looks meanwhile does not attach it again
  } catch (error) {
    kept = `; its record stays until its interface is gone: ${toCniError(error).message}`;
  }
  try {
    if (carried.by === 'programs') {
      const there = isStillThere(node, carried);
      if (there) await queue.submit(stopCarrying(carried));
      outcome = there ? `${carried.name} is carried for no more` : `${carried.name} is gone`;
    }
  } catch (error) {
    outcome = `failed, and the interface keeps its programs until it is gone: ${toCniError(error).message}`;
  }
  log(`${why} ${describePod(record)}: ${outcome}${kept}`);
}

function outcome({ carried, policy, withheld }: AttachmentRecord): string {
  const left = withheld.length > 0 ? `; asked for and not granted: ${withheld.join(', ')}` : '';
  if (carried.by === 'itself') return `${carried.kind}, which needs nothing`;
  if (carried.by !== 'programs') return `${carried.kind}, which nothing carries for`;
  return `${carried.name}: ${describePolicy(policy)}${left}`;
}

function notChained(): CniError {
  return new CniError('invalidNetworkConfig', 'there is no prevResult: this plugin makes no interface', {
    hint: 'put the entry behind the plugin that makes one; tsnctl cni install does',
  });
}

/** A refusal with the pod's name; what may be otherwise in a moment is error 11, so that the runtime tries again. */
function refusal(record: AttachmentRecord, error: unknown): CniError {
  const cause = toCniError(error);
  const again = error instanceof TsnctlError && AGAIN.has(error.code);
  return new CniError(again ? 'tryAgainLater' : cause.cniCode, `${describePod(record)}: ${cause.message}`, {
    ...(cause.details !== undefined && { details: cause.details }),
    ...(cause.hint !== undefined && { hint: cause.hint }),
    cause: error,
  });
}

const AGAIN = new Set(['LOCKED', 'NOT_VERIFIED', 'NO_INTERFACE', 'NO_UPLINK']);
