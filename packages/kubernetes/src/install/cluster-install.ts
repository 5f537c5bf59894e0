import { setTimeout as sleep } from 'node:timers/promises';
import { TsnctlError } from '@tsnctl/codec';
import type { ApiObject, KubeClient } from '../client/kube-client.ts';
import { KubeError } from '../client/kube-error.ts';
import { objectPath } from '../client/paths.ts';
import { daemonSet } from '../manifest/daemon-set.ts';
import type { Manifest } from '../manifest/manifests.ts';
import { contains } from './contains.ts';

/** One change of a cluster: data. */
export interface ClusterStep {
  readonly do: 'create' | 'update' | 'clean-nodes' | 'delete';
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | null;
  /** What kubectl would be told. */
  readonly command: string;
}

interface DaemonSetStatus {
  readonly observedGeneration?: number;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberReady?: number;
}

interface DaemonSet extends ApiObject {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
  readonly status?: DaemonSetStatus;
}

const POLL_MS = 500;

/** What a cluster has of us: looked at, planned, applied. */
export class ClusterInstall {
  readonly #client: KubeClient;
  readonly #manifests: readonly Manifest[];

  constructor(client: KubeClient, manifests: readonly Manifest[]) {
    this.#client = client;
    this.#manifests = manifests;
  }

  /** What is not as it shall be. @throws TsnctlError BEING_DELETED where something of a former install still goes */
  async plan(): Promise<readonly ClusterStep[]> {
    const steps: ClusterStep[] = [];
    for (const manifest of this.#manifests) {
      const found = await this.#find(manifest);
      if (found && isGoing(found)) throw going(manifest);
      if (!found) steps.push(step('create', manifest));
      else if (!contains(found, manifest)) steps.push(step('update', manifest));
    }
    return steps;
  }

  /** Equivalent to: kubectl apply --server-side -f deploy.yaml. A kind is there before an object needs it. */
  async install(): Promise<readonly ClusterStep[]> {
    const steps = await this.plan();
    for (const { kind, name } of steps) {
      const manifest = this.#manifests.find(
        (it) => it.kind === kind && it.metadata.name === name,
      ) as Manifest;
      await this.#client.apply(objectPath(manifest), manifest);
    }
    return steps;
  }

  async planUninstall(): Promise<readonly ClusterStep[]> {
    const found: Manifest[] = [];
    for (const manifest of this.#manifests) if (await this.#find(manifest)) found.push(manifest);
    const agents = found.filter(({ kind }) => kind === 'DaemonSet');
    return [
      ...agents.map((manifest) => step('clean-nodes', manifest)),
      ...found.toReversed().map((manifest) => step('delete', manifest)),
    ];
  }

  /**
   * The agents clean their nodes, then all objects go; returns when they are gone. @throws TsnctlError NOT_CLEAN where a
   * node is not clean in time: then everything else stays, and the same command goes on; NOT_GONE
   */
  async uninstall(waitMs: number): Promise<readonly ClusterStep[]> {
    const steps = await this.planUninstall();
    const deleted: Manifest[] = [];
    for (const { do: what, kind, name } of steps) {
      const manifest = this.#manifests.find(
        (it) => it.kind === kind && it.metadata.name === name,
      ) as Manifest;
      if (what === 'clean-nodes') await this.#clean(manifest, waitMs);
      else {
        await this.#delete(manifest);
        deleted.push(manifest);
      }
    }
    await this.#untilGone(deleted, waitMs);
    return steps;
  }

  /** Until every node's agent is there and ready. @throws TsnctlError NOT_READY */
  async waitReady(waitMs: number): Promise<void> {
    const manifest = this.#manifests.find(({ kind }) => kind === 'DaemonSet') as Manifest;
    const left = await this.#whileWaiting(manifest, waitMs);
    if (left === undefined) return;
    throw new TsnctlError('NOT_READY', `after ${waitMs / 1_000} s ${left}`, {
      hint: 'kubectl -n tsnctl get pods -o wide, and kubectl -n tsnctl logs ds/tsnctl',
    });
  }

  async #clean(manifest: Manifest, waitMs: number): Promise<void> {
    const found = (await this.#find(manifest)) as DaemonSet;
    const image = found.spec.template.spec.containers[0]?.image ?? '';
    const version = found.metadata.labels?.['app.kubernetes.io/version'] ?? '';
    const { spec } = daemonSet({ image, version, clean: true }) as {
      spec: { template: { spec: { containers: { args: string[] }[] } } };
    };
    const args = spec.template.spec.containers[0]?.args;
    const containers = found.spec.template.spec.containers.map((one) => ({ ...one, args }));
    await this.#client.patch(objectPath(manifest), {
      spec: {
        updateStrategy: { rollingUpdate: { maxUnavailable: '100%' } },
        template: { spec: { containers } },
      },
    });
    const left = await this.#whileWaiting(manifest, waitMs);
    if (left === undefined) return;
    throw new TsnctlError('NOT_CLEAN', `nodes are not clean yet: after ${waitMs / 1_000} s ${left}`, {
      hint: 'kubectl -n tsnctl logs ds/tsnctl says why; the same command goes on, with --wait 10m for longer',
    });
  }

  /** Objects stay until what is in them is gone, and whoever holds them lets go. */
  async #untilGone(deleted: readonly Manifest[], waitMs: number): Promise<void> {
    const until = performance.now() + waitMs;
    for (const manifest of deleted) {
      while (await this.#find(manifest)) {
        if (performance.now() >= until) {
          const { message, hint } = going(manifest);
          throw new TsnctlError('NOT_GONE', `after ${waitMs / 1_000} s ${message}`, { hint: `${hint}` });
        }
        await sleep(POLL_MS);
      }
    }
  }

  /** @returns what is left when time is over */
  async #whileWaiting(manifest: Manifest, waitMs: number): Promise<string | undefined> {
    const until = performance.now() + waitMs;
    for (;;) {
      const left = notDone((await this.#find(manifest)) as DaemonSet | undefined);
      if (left === undefined || performance.now() >= until) return left;
      await sleep(POLL_MS);
    }
  }

  async #find(manifest: Manifest): Promise<ApiObject | undefined> {
    return await optional(this.#client.request<ApiObject>('GET', objectPath(manifest)));
  }

  async #delete(manifest: Manifest): Promise<void> {
    await optional(
      this.#client.request('DELETE', objectPath(manifest), { query: { propagationPolicy: 'Foreground' } }),
    );
  }
}

function isGoing({ metadata }: ApiObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function going({ kind, metadata: { name, namespace } }: Manifest): TsnctlError {
  const at = namespace === undefined ? '' : `-n ${namespace} `;
  const what = `${at}${kind.toLowerCase()}/${name}`;
  return new TsnctlError('BEING_DELETED', `${kind} ${name} is still being deleted`, {
    hint: `kubectl wait --for=delete ${what} --timeout 2m, then the same again; kubectl get ${what} -o yaml says what holds it`,
  });
}

/** Of the generation that is wanted, on every node. */
function notDone(daemonSet: DaemonSet | undefined): string | undefined {
  if (!daemonSet) return 'there is no DaemonSet tsnctl';
  const { metadata, status = {} } = daemonSet;
  const {
    observedGeneration = 0,
    desiredNumberScheduled: wanted,
    updatedNumberScheduled = 0,
    numberReady = 0,
  } = status;
  if (wanted === undefined || observedGeneration < (metadata.generation ?? 0))
    return 'nothing has taken it up yet';
  const done = Math.min(updatedNumberScheduled, numberReady);
  return done >= wanted ? undefined : `${done} of ${wanted} nodes are ready`;
}

function step(what: ClusterStep['do'], { kind, metadata: { name, namespace } }: Manifest): ClusterStep {
  const at = namespace === undefined ? '' : ` -n ${namespace}`;
  const commands: Record<ClusterStep['do'], string> = {
    create: 'kubectl apply --server-side -f deploy.yaml',
    update: 'kubectl apply --server-side -f deploy.yaml',
    'clean-nodes': `kubectl${at} patch daemonset ${name} ... --clean; kubectl${at} rollout status daemonset ${name}`,
    delete: `kubectl${at} delete ${kind.toLowerCase()} ${name}`,
  };
  return { do: what, kind, name, namespace: namespace ?? null, command: commands[what] };
}

async function optional<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}
