import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { manifests } from '@tsnctl/kubernetes';
import { ApiServer } from '@tsnctl/testkit/api-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { node, policy } from '../../kubernetes/test/cluster.ts';
import { runCli } from '../test/cli.ts';

const soon = { timeout: 30_000, interval: 50 };
let server: ApiServer;
let directory: string;
beforeEach(async () => {
  server = await ApiServer.start();
  directory = mkdtempSync(join(tmpdir(), 'tsnctl-fleet-'));
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

const cli = (...args: string[]) => runCli([...args, '--cluster', '--kubeconfig', server.kubeconfig()]);
const daemonSet = () => server.get('apps/v1', 'DaemonSet', 'tsnctl', 'tsnctl');
const names = () =>
  manifests({ image: 'x', version: '1' }).map(({ kind, metadata: { name } }) => `${kind} ${name}`);

/** What the controller of DaemonSets does: all nodes are ready as soon as it is told. */
function control(): Disposable {
  return server.store.subscribe(({ object, type }) => {
    const { generation } = object.metadata;
    const { observedGeneration } = (object.status ?? {}) as { observedGeneration?: number };
    if (object.kind !== 'DaemonSet' || type === 'DELETED' || observedGeneration === generation) return;
    const status = { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 2 };
    setTimeout(
      () =>
        server.put({
          ...object,
          status: {
            ...status,
            observedGeneration: generation,
            currentNumberScheduled: 2,
            numberMisscheduled: 0,
          },
        }),
      20,
    );
  });
}

describe('install --cluster', () => {
  it('shows, makes everything once, waits, and takes it away again when the nodes are clean', async () => {
    using _ = control();
    const planned = await cli('install', '--dry-run', '-o', 'json');
    const { steps } = JSON.parse(planned.stdout);
    expect(steps.map((step: { kind: string; name: string }) => `${step.kind} ${step.name}`)).toEqual(names());
    expect(server.list('v1', 'Namespace')).toEqual([]);

    const installed = await cli('install', '--wait', '30s');
    expect(installed).toMatchObject({ code: 0, stderr: '' });
    expect(installed.stdout).toContain('9 steps done:\n 1. create Namespace tsnctl\n');
    expect((await cli('install')).stdout).toBe('nothing to do: all is as wanted\n');
    expect((await cli('install', '--image', 'registry.example/tsnctl@sha256:0')).stdout).toContain(
      '1 step done:\n 1. change DaemonSet tsnctl/tsnctl\n',
    );

    const args: unknown[] = [];
    using _watch = server.store.subscribe(({ object }) => {
      const spec = object.spec as { template?: { spec: { containers: { args: string[] }[] } } };
      if (object.kind === 'DaemonSet') args.push(spec.template?.spec.containers[0]?.args.includes('--clean'));
    });
    const gone = await cli('uninstall');
    expect(gone).toMatchObject({ code: 0, stderr: '' });
    expect(gone.stdout).toContain(' 1. let the agents clean their nodes: DaemonSet tsnctl/tsnctl\n');
    expect(args[0]).toBe(true);
    expect(daemonSet()).toBeUndefined();
    expect(server.list('v1', 'Namespace')).toEqual([]);
    expect((await cli('uninstall')).stdout).toBe('nothing to do: all is as wanted\n');
  });

  it('keeps everything where a node is not clean in time', async () => {
    const installed = await cli('install');
    expect(installed.stderr).toBe('next: tsnctl status --cluster --wait\n');
    const { code, stderr } = await cli('uninstall', '--wait', '1s');
    expect(code).toBe(1);
    expect(stderr).toBe(
      'tsnctl: nodes are not clean yet: after 1 s nothing has taken it up yet. Try: kubectl -n tsnctl logs ds/tsnctl says why; the same command goes on, with --wait 10m for longer\n',
    );
    expect(daemonSet()).toBeDefined();
  });

  it('says where it cannot go', async () => {
    const none = await runCli(['install', '--cluster'], { env: { HOME: directory } });
    expect(none.code).toBe(1);
    expect(none.stderr).toContain(
      'there is no kubeconfig, and this is no pod. Try: --kubeconfig FILE, or KUBECONFIG',
    );
    const other = await cli('install', '--context', 'prod');
    expect(other.stderr).toContain('the kubeconfig has no context prod. Try: one of fake');
    server.tokens.set('nobody', { rules: [] });
    const denied = await runCli(['install', '--cluster', '--kubeconfig', server.kubeconfig('nobody')]);
    expect(denied.stderr).toContain(
      'the API server refuses to GET /api/v1/namespaces/tsnctl: namespaces is forbidden',
    );
    await server.down();
    expect((await cli('status')).stderr).toContain(
      'tsnctl: the API server does not answer: connect ECONNREFUSED',
    );
    await server.up();
  });
});

describe('the nodes side by side', () => {
  const state = (name: string, ready: boolean, more: object = {}): object => ({
    apiVersion: 'tsnctl.dev/v1alpha1',
    kind: 'TsnNodeState',
    metadata: { name },
    status: {
      observedAt: new Date().toISOString(),
      version: '0.1.0',
      kernel: '6.12.0',
      mode: 'host',
      uplinks: [{ name: 'eth1', clock: 'tai', qdisc: 'taprio' }],
      interfaces: [],
      podCount: 7,
      carriedPodCount: 1,
      pods: [
        {
          namespace: 'plant',
          name: 'camera',
          uid: 'u',
          priorities: '3',
          policies: ['cameras'],
          withheld: ['priorities 5'],
        },
        { namespace: 'office', name: 'phone', uid: 'v', priorities: '3', policies: ['all'] },
      ],
      drift: [],
      conditions: [
        {
          type: 'Ready',
          status: ready ? 'True' : 'False',
          reason: ready ? 'AsWanted' : 'NotReady',
          message: ready ? 'all is as wanted' : 'no uplink is attached',
          lastTransitionTime: new Date().toISOString(),
        },
      ],
      ...more,
    },
  });
  beforeEach(() => {
    for (const manifest of manifests({ image: 'x', version: '0.1.0' })) server.put(manifest);
    server.put(node('line-1', { role: 'line' }));
    server.put(node('line-2', { role: 'line' }));
    server.put(node('new'));
    server.put(state('line-1', true));
    server.put(state('line-2', false));
  });

  it('status', async () => {
    const { code, stdout } = await cli('status');
    expect(stdout.replaceAll(/ \ds/g, ' 0s')).toBe(
      [
        'NODE    READY  REASON    UPLINKS        CARRIED  DRIFT   SEEN',
        'line-1  yes    AsWanted  eth1 (taprio)   1 of 7      0     0s',
        'line-2  no     NotReady  eth1 (taprio)   1 of 7      0     0s',
        'new     no     NoAgent                                  never',
        '',
        '1 of 3 nodes ready, 0 of 0 agents run',
        '',
      ].join('\n'),
    );
    expect(code).toBe(3);
    expect(await cli('status', '--node', 'line-1', '-o', 'json')).toMatchObject({ code: 0 });
    const lines = JSON.parse((await cli('status', '-l', 'role=line', '-o', 'json')).stdout);
    expect(lines.nodes.map(({ name }: { name: string }) => name)).toEqual(['line-1', 'line-2']);
    expect((await cli('status', '--node', 'nosuch')).stderr).toContain(
      'has no node nosuch. Try: kubectl get nodes',
    );
  });

  it('inspect, of one namespace', async () => {
    const { stdout } = await cli('inspect', '--node', 'line-1', '-n', 'plant');
    expect(stdout).toContain('plant/camera  3           no           cameras  priorities 5');
    expect(stdout).not.toContain('phone');
  });

  it('doctor', async () => {
    server.put(policy('a', { priorities: [6] }));
    const { code, stdout } = await cli('doctor');
    expect(code).toBe(3);
    expect(stdout).toContain('error    line-2        no uplink is attached');
    expect(stdout).toContain('error    new           no agent has said anything of this node');
    expect(stdout).toContain('warning  plant/camera  it asks for what is not granted: priorities 5');
  });

  it('sysdump', async () => {
    const file = join(directory, 'dump.tar.gz');
    const { stdout } = await cli('sysdump', '-f', file, '-o', 'json');
    const paths = JSON.parse(stdout).files.map(({ path }: { path: string }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['status.txt', 'doctor.txt', 'tsnnodestates.yaml', 'daemonsets.yaml']),
    );
    expect(gunzipSync(readFileSync(file)).toString()).toContain('line-2');
  });

  it('as a plugin of kubectl, without being told that it is about a cluster', async () => {
    const { stdout } = await runCli(['status', '--node', 'line-1', '--kubeconfig', server.kubeconfig()], {
      env: { TSNCTL_CLUSTER: '1' },
    });
    expect(stdout).toContain('1 of 1 nodes ready');
  });

  it('waits', async () => {
    const waiting = cli('status', '--wait', '30s', '-l', 'role=line');
    await expect.poll(() => server.served.length, soon).toBeGreaterThan(4);
    server.put(state('line-2', true));
    expect(await waiting).toMatchObject({ code: 0 });
  });
});
