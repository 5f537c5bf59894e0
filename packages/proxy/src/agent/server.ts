import { createServer, type Server, type Socket } from 'node:net';
import {
  CniError,
  encodeReply,
  errorJson,
  LIMITS,
  type Plugin,
  type PluginCall,
  requestReader,
} from '@tsnctl/cni';
import { CodecError } from '@tsnctl/codec';
import { peerCredentials } from '@tsnctl/linux';
import { atMost, type Log } from './log.ts';
import { listenAt } from './socket.ts';

/** What peers may take of the agent. */
const SERVER_LIMITS = {
  connections: 512,
  /** A request has to be there, and a reply to be taken, within this time. */
  requestMs: 10_000,
  /** Of all requests that are not complete yet. */
  bytes: 64 << 20,
  /** Lines that a peer can cause without an effect: one in this time. */
  logEveryMs: 1_000,
} as const;

export interface AgentServerOptions {
  readonly plugin: Pick<Plugin, 'answer'>;
  readonly log: Log;
  /** Whether this user may ask; root alone by default, and whoever the agent itself runs as. */
  readonly mayAsk?: (uid: number) => boolean;
  readonly limits?: Partial<Record<keyof typeof SERVER_LIMITS, number>>;
}

/** Answers the plugin's binary: one request for each connection, then the agent closes it. */
export class AgentServer {
  readonly #server: Server;
  readonly #options: AgentServerOptions;
  readonly #limits: Record<keyof typeof SERVER_LIMITS, number>;
  readonly #refused: Log;
  readonly #open = new Set<Socket>();
  readonly #answering = new Set<Promise<void>>();
  #bytes = 0;

  constructor(options: AgentServerOptions) {
    this.#options = options;
    this.#limits = { ...SERVER_LIMITS, ...options.limits };
    this.#refused = atMost(options.log, this.#limits.logEveryMs);
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = this.#limits.connections;
    this.#server.on('drop', () =>
      this.#refused(`a connection was dropped: ${this.#limits.connections} are open`),
    );
  }

  async listen(path: string): Promise<void> {
    await listenAt(this.#server, path);
    this.#server.on('error', (error) => this.#options.log(`the socket failed: ${error.message}`));
  }

  /** Take no more; what is being answered gets its answer. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    await Promise.all(this.#answering);
    for (const socket of this.#open) if (!socket.writableEnded) socket.destroy();
    const last = setTimeout(() => {
      for (const socket of this.#open) socket.destroy();
    }, LAST_WORDS_MS);
    await closed;
    clearTimeout(last);
  }

  #accept(socket: Socket): void {
    this.#open.add(socket);
    const timeOut = () =>
      setTimeout(() => {
        this.#refused('a connection was closed: no whole request, or nobody took the reply, in time');
        socket.destroy();
      }, this.#limits.requestMs);
    let timer = timeOut();
    let held = 0;
    const release = () => {
      this.#bytes -= held;
      held = 0;
    };
    socket.on('error', () => {}); // 'close' follows, and nobody is left to be told
    socket.once('close', () => {
      clearTimeout(timer);
      release();
      this.#open.delete(socket);
    });
    if (!this.#isTrusted(socket)) return void socket.destroy();
    const reader = requestReader();
    const onData = (chunk: Buffer) => {
      held += chunk.length;
      this.#bytes += chunk.length;
      try {
        if (this.#bytes > this.#limits.bytes) throw busy();
        const call = reader.push(chunk);
        if (call === undefined) return;
        socket.off('data', onData);
        socket.resume(); // what comes now is nobody's
        release();
        clearTimeout(timer);
        const answering = this.#answer(socket, call).then(
          () => {
            if (!socket.destroyed) timer = timeOut();
          },
          (error) => this.#failed(socket, error),
        );
        this.#answering.add(answering);
        void answering.finally(() => this.#answering.delete(answering));
      } catch (error) {
        socket.off('data', onData);
        socket.resume();
        release();
        this.#refuse(socket, error);
      }
    };
    socket.on('data', onData);
    socket.once('end', () => {
      if (socket.listeners('data').includes(onData)) socket.destroy(); // it ends before the request does
    });
  }

  async #answer(socket: Socket, call: PluginCall): Promise<void> {
    const { exitCode, stdout, lost } = await this.#options.plugin.answer(call);
    if (lost.length > 0) this.#options.log(`the result's version has no place for ${lost.join(', ')}`);
    if (exitCode !== 0) {
      const { CNI_COMMAND = '', CNI_CONTAINERID = '', CNI_IFNAME = '' } = call.env;
      const what = [CNI_COMMAND, CNI_CONTAINERID.slice(0, 12), CNI_IFNAME].filter(Boolean).join(' ');
      this.#options.log(`${what} refused: ${stdout.slice(0, 1_000)}`);
    }
    socket.end(encodeReply({ exitCode, stdout: Buffer.from(stdout) }));
  }

  /** A fault of ours: that peer has no answer, and others are served. */
  #failed(socket: Socket, error: unknown): void {
    socket.destroy();
    this.#options.log(`a request failed: ${error instanceof Error ? error.stack : error}`, {
      level: 'error',
    });
  }

  /** Nothing was done, and the peer hears why. */
  #refuse(socket: Socket, error: unknown): void {
    const refusal = error instanceof CniError ? error : badRequest(error);
    this.#refused(`a request was refused: ${refusal.message}`);
    const stdout = Buffer.from(JSON.stringify(errorJson(refusal, '1.1.0')));
    socket.end(encodeReply({ exitCode: 1, stdout }));
  }

  #isTrusted(socket: Socket): boolean {
    const { mayAsk = (uid: number) => uid === 0 } = this.#options;
    // Node knows the descriptor and does not document it; without it nobody is trusted.
    const fd = (socket as Socket & { _handle?: { fd?: number } })._handle?.fd;
    if (fd === undefined || fd < 0) return false;
    const { pid, uid } = peerCredentials(fd);
    if (mayAsk(uid)) return true;
    this.#refused(`process ${pid} of user ${uid} may not ask: only root may`);
    return false;
  }
}

const LAST_WORDS_MS = 1_000;

function busy(): CniError {
  return new CniError('tryAgainLater', 'the agent has too many requests under way', {
    hint: 'the runtime tries again by itself',
  });
}

function badRequest(error: unknown): CniError {
  if (!(error instanceof CodecError)) throw error;
  const tooLong = error.message.includes(`more than ${LIMITS.stdin}`);
  return new CniError(
    tooLong ? 'invalidNetworkConfig' : 'decodingFailure',
    `the request cannot be read: ${error.message}`,
    { cause: error },
  );
}
