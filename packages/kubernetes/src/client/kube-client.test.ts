import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KubeClient } from './kube-client.ts';

it('the pages of a list share a connection', async () => {
  let connections = 0;
  const asked: (string | null)[] = [];
  const server = createServer((request, response) => {
    const page = asked.push(new URL(request.url ?? '', 'http://x').searchParams.get('continue'));
    const metadata = page < 4 ? { continue: `${page}` } : {};
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ metadata, items: [{ metadata: { name: `n${page}` } }] }));
  });
  server.on('connection', () => connections++);
  const directory = mkdtempSync(join(tmpdir(), 'tsnctl-client-'));
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const cluster = {
      server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      'insecure-skip-tls-verify': true,
    };
    const kubeconfig = join(directory, 'config');
    const contexts = [{ name: 'here', context: { cluster: 'here', user: 'me' } }];
    const [clusters, users] = [[{ name: 'here', cluster }], [{ name: 'me', user: { token: 't' } }]];
    writeFileSync(kubeconfig, JSON.stringify({ 'current-context': 'here', clusters, users, contexts }));
    const client = await KubeClient.open({ kubeconfig });
    const { items } = await client.list<{ metadata: { name: string } }>('/api/v1/nodes');
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['n1', 'n2', 'n3', 'n4']);
    expect(asked).toEqual([null, '1', '2', '3']);
    expect(connections).toBeLessThanOrEqual(2); // the first may not be free yet when the second page is asked for
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  }
});
