import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import type { NetNs } from '@tsnctl/linux';

/** The API of a cluster as pods meet it: by TLS, on the loopback of a node, in front of an HTTP server of this process. */
export class ApiFront implements AsyncDisposable {
  /** Whom a client has to trust: ca.crt of a service account. */
  readonly ca: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number) {
    const { key, cert } = selfSigned();
    this.ca = cert;
    this.#server = createServer({ key, cert }, (near) => this.#join(near, connect(port, '127.0.0.1')));
    // Before they are encrypted: one in the middle of its handshake counts, too.
    this.#server.on('connection', (socket: Socket) => this.#sockets.add(socket));
    this.#server.on('tlsClientError', () => undefined); // who goes away in between
  }

  /** On this port of the node, for what listens on `to` of this process's own loopback. */
  static async start(node: NetNs, { port, to }: { port: number; to: number }): Promise<ApiFront> {
    const front = new ApiFront(to);
    // Without an address the socket is made at once: it belongs to the namespace that it is made in.
    node.run(() => void front.#server.listen(port));
    await once(front.#server, 'listening');
    return front;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}

function selfSigned(): { key: string; cert: string } {
  const directory = mkdtempSync(join(tmpdir(), 'tsnctl-tls-'));
  try {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(directory, name)) as [string, string];
    const subject = ['-subj', '/CN=kubernetes', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1'];
    const files = ['-keyout', key, '-out', cert];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...files], { stdio: 'pipe' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
