import { TsnctlError } from '@tsnctl/codec';
import type { NetNs } from '@tsnctl/linux';
import {
  describeTuneStep,
  type Log,
  Tuner,
  tuneContext,
  tuningOf,
  type UplinkClock,
  undoOwned,
  withGates,
} from '@tsnctl/proxy';
import { isRefused, placeFindings, readSchedule, validate } from '@tsnctl/schedule';
import { type Followed, follow } from '../client/follow.ts';
import type { ApiObject, KubeClient } from '../client/kube-client.ts';
import { customPath } from '../client/paths.ts';
import { readInterface, type TsnInterface } from '../crd/tsn-interface.ts';
import type { Finding } from '../policy/policy-conditions.ts';
import { type Claim, claims } from './claims.ts';
import { readNics } from './read-nics.ts';

export interface ClusterInterfacesOptions {
  readonly client: KubeClient;
  readonly node: string;
  readonly netns: NetNs;
  readonly bpffs?: string;
  /** Where what interfaces had before is remembered. */
  readonly tuneState: string;
  readonly log: Log;
  /** What became of TsnInterfaces is other than before. */
  readonly onStates: () => void;
  /** All was looked at, whether or not something is other than before. */
  readonly onLooked: () => void;
  /** Interfaces that are uplinks by a TsnInterface are other ones than before. */
  readonly onUplinks: (uplinks: readonly { readonly name: string; readonly clock?: UplinkClock }[]) => void;
}

/** What became of a TsnInterface here. */
export interface InterfaceState {
  readonly name: string;
  readonly interface?: string;
  readonly findings: readonly Finding[];
}

/** Makes the interfaces of this node what TsnInterfaces want, by the same plans as `tsnctl tune`. */
export class ClusterInterfaces implements Disposable {
  readonly #options: ClusterInterfacesOptions;
  readonly #node: Followed<ApiObject>;
  readonly #interfaces: Followed<ApiObject>;
  #states: readonly InterfaceState[] | undefined;
  #told = '[]';
  #uplinks = '[]';
  #said = new Map<string, string>();

  constructor(options: ClusterInterfacesOptions) {
    this.#options = options;
    const { client, node, log } = options;
    const all = {
      client,
      onChange: () => this.reconcile(),
      onTrouble: (message: string) => log(message, { level: 'warn' }),
    };
    const slim = ({ metadata: { name, uid, resourceVersion, labels } }: ApiObject): ApiObject =>
      ({ metadata: { name, uid, resourceVersion, labels } }) as ApiObject;
    this.#node = follow({ ...all, path: '/api/v1/nodes', fieldSelector: `metadata.name=${node}`, slim });
    this.#interfaces = follow({ ...all, path: customPath('tsninterfaces'), slim: (object) => object });
  }

  get isSynced(): boolean {
    return this.#node.isSynced && this.#interfaces.isSynced;
  }

  get states(): readonly InterfaceState[] {
    return this.#states ?? [];
  }

  /** All TsnInterfaces, once this node knows what became of them here. */
  get objects(): readonly ApiObject[] {
    return this.#states === undefined ? [] : this.#interfaces.list();
  }

  /** The node's uid in the API: its state goes with it. */
  get nodeUid(): string | undefined {
    return this.#node.list()[0]?.metadata.uid;
  }

  /** Look at all, and change what is not as it is wanted. What cannot be done leaves the interface as it was. */
  reconcile(): void {
    if (!this.isSynced) return;
    let failed = '';
    try {
      this.#reconcile();
    } catch (error) {
      failed = `looking at the interfaces failed: ${(error as Error).message}`; // whoever looks next tries again
    }
    this.#sayOnce('look', failed);
  }

  #reconcile(): void {
    const { netns, onStates, onUplinks, onLooked } = this.#options;
    const labels = this.#node.list()[0]?.metadata.labels ?? {};
    const wanted = this.#interfaces.list().flatMap((object) => readInterface(object).data ?? []);
    const claimed = claims(wanted, readNics(netns), labels);
    this.#states = claimed.map((claim) => {
      const { by, nic, finding } = claim;
      const findings = nic === undefined ? [finding] : [finding, this.#tune(by, nic)];
      for (const it of findings) this.#say(by.metadata.name, it);
      return { name: by.metadata.name, ...(nic !== undefined && { interface: nic }), findings };
    });
    this.#undo(claimed);
    const states = JSON.stringify(this.#states);
    if (states !== this.#told) onStates();
    this.#told = states;
    onLooked();
    const uplinks = claimed.flatMap(uplinkOf);
    const text = JSON.stringify(uplinks);
    if (text === this.#uplinks) return;
    this.#uplinks = text;
    onUplinks(uplinks);
  }

  [Symbol.dispose](): void {
    this.#node[Symbol.dispose]();
    this.#interfaces[Symbol.dispose]();
  }

  #tune({ metadata, spec: { schedule: document } }: TsnInterface, nic: string): Finding {
    const { netns, bpffs, tuneState: state, log } = this.#options;
    if (document === undefined) return applied('NoSchedule', 'it keeps its qdiscs: no schedule is given');
    const file = ownerOf(metadata);
    try {
      const { schedule, source } = readSchedule(JSON.stringify(document), { file });
      const { steps } = new Tuner(netns, nic, { state, owner: file, ...(bpffs && { bpffs }) }).change(
        (it) => {
          const context = tuneContext(it);
          const whole = withGates({ ...schedule, dev: nic }, context, file);
          const findings = placeFindings(validate(whole, context), source);
          if (!isRefused(findings)) return tuningOf(whole, context);
          const said = findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);
          throw new TsnctlError('BAD_SCHEDULE', said.join('; '), {
            hint: 'tsnctl tune check FILE says the same',
          });
        },
      );
      for (const step of steps) log(`${file}: ${describeTuneStep(step, nic).text}`);
      return applied('InPlace', `${nic} is as the schedule wants it`);
    } catch (error) {
      const { message, hint, code } = error as TsnctlError;
      const mend = hint === undefined ? '' : `. Try: ${hint}`;
      return { type: 'Applied', status: 'False', reason: reasonOf(code), message: `${message}${mend}` };
    }
  }

  /** Interfaces that no TsnInterface is about any more get back what they had. What cannot be applied changes nothing. */
  #undo(claimed: readonly Claim[]): void {
    if (this.#node.list().length === 0) return; // then it is not known which of them are about this node
    const { netns, bpffs, tuneState: state, log } = this.#options;
    const broken = new Set(
      this.#interfaces
        .list()
        .filter((object) => readInterface(object).error)
        .map(({ metadata }) => ownerOf(metadata)),
    );
    const isWanted = (owner: string, nic: string) => {
      const claim = claimed.find(({ by }) => ownerOf(by.metadata) === owner);
      if (!claim) return broken.has(owner);
      return claim.nic === undefined || (claim.nic === nic && claim.by.spec.schedule !== undefined);
    };
    let refused = '';
    try {
      for (const undone of undoOwned(netns, { state, isWanted, ...(bpffs && { bpffs }) })) {
        const { owner, nic } = undone;
        if ('error' in undone)
          refused = `${nic}, which ${owner} has left, is as before: ${undone.error.message}`;
        else
          for (const step of undone.tuned.steps)
            log(`${owner} has left ${nic}: ${describeTuneStep(step, nic).text}`);
      }
    } catch (error) {
      const { message, hint } = error as TsnctlError;
      refused = `what TsnInterfaces have tuned before: ${message}. Try: ${hint}`;
    }
    this.#sayOnce('undo', refused);
  }

  #say(name: string, { type, status, message }: Finding): void {
    const key = `${name}/${type}`;
    const line = status === 'True' ? '' : `TsnInterface ${name}: ${message}`;
    this.#sayOnce(key, line);
  }

  #sayOnce(key: string, line: string): void {
    if (this.#said.get(key) === line) return;
    this.#said.set(key, line);
    if (line !== '') this.#options.log(line, { level: 'warn' });
  }
}

/** By whom an interface was tuned. */
function ownerOf({ name }: { readonly name: string }): string {
  return `TsnInterface ${name}`;
}

function uplinkOf({ by, nic }: Claim): { name: string; clock?: UplinkClock }[] {
  if (nic === undefined) return [];
  const { clock } = by.spec;
  return [clock === 'auto' ? { name: nic } : { name: nic, clock }];
}

function applied(reason: string, message: string): Finding {
  return { type: 'Applied', status: 'True', reason, message };
}

/** `BAD_SCHEDULE` -> `BadSchedule`: a reason is one word in the API. */
function reasonOf(code: string | undefined): string {
  if (code === 'DOCUMENT') return 'BadSchedule'; // of all documents it is this one
  const words = (code ?? 'FAILED').toLowerCase().split('_');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
