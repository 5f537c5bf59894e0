import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifests } from '@tsnctl/kubernetes';
import { ApiServer } from '@tsnctl/testkit/api-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../test/cli.ts';

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

  it('waits until all is gone, and installs nothing into what goes', async () => {
    using _ = control();
    await cli('install');
    const [namespace] = manifests({ image: 'x', version: '1' });
    server.put({ ...namespace, metadata: { ...namespace?.metadata, finalizers: ['example.dev/hold'] } });
    const gone = await cli('uninstall', '--wait', '1s');
    expect(gone).toMatchObject({ code: 1, stdout: '' });
    expect(gone.stderr).toContain(
      'after 1 s Namespace tsnctl is still being deleted. Try: kubectl wait --for=delete',
    );
    const early = await cli('install');
    expect(early).toMatchObject({ code: 1, stdout: '' });
    expect(early.stderr).toBe(
      'tsnctl: Namespace tsnctl is still being deleted. Try: kubectl wait --for=delete namespace/tsnctl --timeout 2m, then the same again; kubectl get namespace/tsnctl -o yaml says what holds it\n',
    );
    server.put(namespace as object); // whoever held it lets go
    expect((await cli('install')).code).toBe(0);
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

  it('of a newer version is an install again: upgrade is about a node', async () => {
    expect(await cli('upgrade')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'tsnctl: upgrade is about this node. Try: tsnctl install --cluster: it changes what is other than this version has it\n',
    });
    expect(server.served).toEqual([]);
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
      `tsnctl: the API server ${server.url} does not answer: connect ECONNREFUSED`,
    );
    await server.up();
  });
});
