import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ApiServer } from '@tsnctl/testkit/api-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nic, node, pod, policy, startCluster } from '../../kubernetes/test/cluster.ts';
import { drift, podState, state } from '../../kubernetes/test/fleet.ts';
import { captureRun } from '../test/capture-run.ts';

let server: ApiServer;
let directory: string;
const { KUBECONFIG } = process.env;
beforeEach(async () => {
  server = await startCluster();
  directory = mkdtempSync(join(tmpdir(), 'tsnctl-fleet-'));
});
afterEach(async () => {
  if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = KUBECONFIG;
  rmSync(directory, { recursive: true });
  await server[Symbol.asyncDispose]();
});

const now = () => new Date().toISOString();
const tsnctl = (verb: string, ...args: string[]) =>
  captureRun([verb, '--cluster', '--kubeconfig', server.kubeconfig(), ...args]);

/** node-1 is well, node-2 is not as wanted, node-3 is silent, node-4 has no agent. */
function putFleet(): void {
  for (const name of ['node-3', 'node-4']) server.put(node(name, { zone: 'line1' }));
  server.put(policy('cameras'));
  server.put(nic('line'));
  const other = podState('printer', { namespace: 'office', withheld: ['priority 5'] });
  server.put(state('node-1', { pods: [podState('camera'), other] }, now()));
  server.put(state('node-2', { drift: [drift], pods: [] }, now()));
  server.put(state('node-3', { pods: [] }, '2026-01-01T00:00:00Z'));
}

describe('status --cluster', () => {
  it('shows every node beside the others, and ends with 3 where one is not well', async () => {
    putFleet();
    const { code, stdout, stderr } = await tsnctl('status');
    expect(stdout.replaceAll(/ +\d+[smhd] +/g, ' AGO ').replaceAll(/ {2,}/g, '  ')).toBe(
      [
        'NODE  STATE  SEEN  VERSION  UPLINKS  PODS  DRIFT  WHY',
        'node-1  ready AGO 0.1.0  eth1  1/12  0',
        'node-2  drift AGO 0.1.0  eth1  1/12  1  eth1 has no restorer',
        'node-3  silent AGO 0.1.0  eth1  1/12  0  its agent has said nothing since',
        'node-4  no agent  -  -  -  -  -  it has no TsnNodeState: no agent has run on it',
        '',
        '4 nodes: 1 ready, 1 drift, 1 silent, 1 no agent',
        '',
      ].join('\n'),
    );
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
  });

  it('of one node that is well ends with 0; as JSON and YAML, too', async () => {
    putFleet();
    const json = await tsnctl('status', '--node', 'node-1', '-o', 'json');
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({
      nodes: [{ node: 'node-1', health: 'ready', carriedPodCount: 1, podCount: 12, mode: 'host' }],
    });
    const yaml = await tsnctl('status', '-l', 'zone=line1', '-o', 'yaml');
    expect(yaml.stdout).toMatch(/^nodes:\n {2}- node: node-3\n {4}health: silent\n/);
    expect(yaml.code).toBe(3);
    const wide = await tsnctl('status', '--node', 'node-1', '-o', 'wide', '-n', 'office');
    expect(wide.stdout).toMatch(
      /^NODE +STATE +SEEN +VERSION +UPLINKS +PODS +DRIFT +MODE +KERNEL\nnode-1 .* 1\/1 /,
    );
  });
});

it('status --cluster --wait ends as soon as all is well', async () => {
  server.put(state('node-1', {}, now()));
  const waiting = tsnctl('status', '--wait', '30s');
  await expect.poll(() => server.served.length, { timeout: 20_000 }).toBeGreaterThan(2);
  server.put(state('node-2', {}, now()));
  expect(await waiting).toMatchObject({ code: 0, stdout: expect.stringContaining('2 nodes: 2 ready\n') });
});

describe('inspect --cluster', () => {
  it('shows pods, uplinks and drift of each node; with -n the pods of one namespace', async () => {
    putFleet();
    const all = await tsnctl('inspect');
    expect(all.stdout).toMatch(
      /\nUPLINKS\nNODE +UPLINK +QDISC +CLOCK +DRIVER\nnode-1 +eth1 +taprio +tai +igc\n/,
    );
    expect(all.stdout).toMatch(
      /\nDRIFT\n.*\nnode-2 +restorer-missing +eth1 +eth1 has no restorer +somebody has/,
    );
    expect(all.stdout).toMatch(/\n +office\/printer +3 +- +cameras +priority 5\n/);
    expect(all.code).toBe(3);
    const some = await tsnctl('inspect', '-n', 'plant');
    expect(some.stdout).toMatch(/\nnode-1 +plant\/camera +3 +- +cameras\n/);
    expect(some.stdout).not.toContain('printer');
  });
});

describe('doctor --cluster', () => {
  it('judges the fleet, each finding with its mend', async () => {
    putFleet();
    const { code, stdout } = await tsnctl('doctor', '-o', 'wide');
    expect(stdout).toContain('error    agents      1 node has no agent: node-4\n');
    expect(stdout).toContain('Try: kubectl -n tsnctl get pods -o wide --field-selector spec.nodeName=node-4');
    expect(stdout).toContain('warning  grants      1 pod in office (printer) did not get priority 5');
    expect(code).toBe(3);
  });

  it('by some checks alone', async () => {
    putFleet();
    const { code, stdout } = await tsnctl('doctor', '--only', 'versions,policies', '-o', 'json');
    expect(JSON.parse(stdout).findings.map(({ severity }: { severity: string }) => severity)).toEqual([
      'ok',
      'ok',
    ]);
    expect(code).toBe(0);
    expect(await tsnctl('doctor', '--only', 'queues')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'tsnctl: there is no check queues. Try: one of agents, ready, versions, interfaces, policies, grants, clocks\n',
    });
  });
});

it('sysdump --cluster puts the objects into one file, and what is to be said of them', async () => {
  putFleet();
  const file = join(directory, 'fleet.tar.gz');
  const { code, stdout } = await tsnctl('sysdump', '-f', file, '-o', 'json');
  expect(code).toBe(0);
  const { files, leftOut } = JSON.parse(stdout);
  expect(leftOut).toEqual([]);
  expect(files.map(({ path }: { path: string }) => path)).toEqual(
    expect.arrayContaining([
      'status.txt',
      'doctor.txt',
      'nodes.json',
      'tsnnodestates.json',
      'definitions.json',
    ]),
  );
  expect(readFileSync(file).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
});

it('sysdump --cluster of some nodes has what is about these', async () => {
  putFleet();
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tsnctl' } });
  for (const at of [3, 4]) server.put(pod(`agent-${at}`, { namespace: 'tsnctl', node: `node-${at}` }));
  const dumpOf = async (...args: string[]) => {
    const file = join(directory, `${args.length}${args[0]}.tar.gz`);
    const { stdout, code, stderr } = await tsnctl('sysdump', '-f', file, '-o', 'json', ...args);
    if (code !== 0) return stderr;
    const paths = JSON.parse(stdout).files.map(({ path }: { path: string }) => path);
    const text = gunzipSync(readFileSync(file)).toString('latin1');
    return { paths, nodes: [...new Set(text.match(/node-\d/g))].toSorted() };
  };
  expect(await dumpOf('--node', 'node-3')).toMatchObject({
    paths: expect.arrayContaining(['agents/agent-3.log', 'tsnpolicies.json']),
    nodes: ['node-3'],
  });
  expect(await dumpOf('-l', 'zone=line1')).toMatchObject({
    paths: expect.arrayContaining(['agents/agent-3.log', 'agents/agent-4.log']),
    nodes: ['node-3', 'node-4'],
  });
  expect(await dumpOf('--node', 'node-9')).toBe(
    'tsnctl: the cluster has no node node-9. Try: kubectl get nodes\n',
  );
});

describe('is refused', () => {
  const refusal = (code: number, message: string) => ({ code, stdout: '', stderr: `tsnctl: ${message}\n` });

  it('a context that there is not', async () => {
    expect(await tsnctl('status', '--context', 'plant')).toEqual(
      refusal(1, 'the kubeconfig has no context plant. Try: one of fake'),
    );
  });

  it('a kubeconfig that is not there, or is none', async () => {
    const file = join(directory, 'kubeconfig');
    const missing = await captureRun(['status', '--cluster', '--kubeconfig', file]);
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toMatch(/^tsnctl: the kubeconfig .*\/kubeconfig cannot be read: .*ENOENT/);
    writeFileSync(file, 'clusters: [');
    process.env.KUBECONFIG = file;
    expect((await captureRun(['status', '--cluster'])).stderr).toMatch(
      /^tsnctl: the kubeconfig .*\/kubeconfig cannot be read: .*Try: kubectl config view, with the same file\n$/,
    );
    writeFileSync(file, 'apiVersion: v1\nkind: Config\n');
    expect(await captureRun(['status', '--cluster'])).toEqual(
      refusal(
        1,
        'the kubeconfig names no cluster to talk to. Try: kubectl config use-context NAME; or --context NAME',
      ),
    );
  });

  it('a server that does not answer', async () => {
    await server.down();
    const { code, stderr } = await tsnctl('doctor');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^tsnctl: the API server http:\/\/127\.0\.0\.1:\d+ does not answer: .*ECONNREFUSED.*Try: kubectl cluster-info; --context NAME or --kubeconfig FILE for another cluster\n$/,
    );
  });

  it('what is about this node, beside --cluster; and what is for --cluster, without it', async () => {
    expect(await tsnctl('status', '--root', '/srv')).toEqual(
      refusal(
        2,
        '--root is about this node, --cluster is about all of a cluster. Try: without --root; or without --cluster, on the node itself',
      ),
    );
    expect(await captureRun(['status', '-l', 'zone=line1'])).toEqual(
      refusal(2, '--selector is for --cluster. Try: tsnctl status --cluster --selector ...'),
    );
    expect(await captureRun(['inspect', 'pod', 'plant/camera', '--cluster'])).toEqual(
      refusal(
        2,
        'tsnctl inspect pod is about this node alone. Try: tsnctl inspect --cluster, with --node NAME or -n NAMESPACE',
      ),
    );
  });
});
