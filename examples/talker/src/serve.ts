import { writeSync } from 'node:fs';
import { errnos, SystemError } from './libc.ts';
import { Message } from './message.ts';
import { applyMetadata, writeRecord } from './metadata.ts';
import { type ServeOptions, UsageError } from './options.ts';
import { decodeRecord, recordBytes } from './record.ts';
import { dontWait, intOption, pollReadable, Socket, secondsOption, socketOptions } from './socket.ts';
import { socketAddress } from './socketAddress.ts';

/** Answer every record with one of our own, until there was no traffic for `timeoutS`. */
export function serve(options: ServeOptions): void {
  using socket = openServer(options);
  if (options.protocol === 'tcp') serveTcp(socket, options);
  else serveUdp(socket, options);
}

function openServer(options: ServeOptions): Socket {
  const address = socketAddress(options.bind, options.port);
  if (address === undefined) throw new UsageError(`--bind ${options.bind}: must be an IPv4 or IPv6 address`);
  const socket = Socket.open(address, options.protocol);
  if (options.bind.includes(':')) socket.setOption(socketOptions.ipv6Only, intOption(0), 'IPV6_V6ONLY');
  if (options.protocol === 'tcp') socket.setOption(socketOptions.reuseAddress, intOption(1), 'SO_REUSEADDR');
  applyMetadata(socket, options); // on a listening socket it is for the SYN-ACK
  socket.bind(address);
  return socket;
}

function serveUdp(socket: Socket, options: ServeOptions): void {
  socket.setOption(socketOptions.receiveTimeout, secondsOption(options.timeoutS), 'SO_RCVTIMEO');
  const request = Buffer.alloc(recordBytes + 1); // one more, so that a longer datagram is seen to be longer
  const addressLength = Buffer.alloc(4);
  const message = new Message();
  ready();
  for (;;) {
    addressLength.writeUInt32LE(message.address.length);
    let length: number;
    try {
      length = socket.receiveFrom(request, message.address, addressLength);
    } catch (error) {
      if (error instanceof SystemError && error.errno === errnos.EAGAIN) return;
      throw error;
    }
    const record = length === recordBytes ? decodeRecord(request) : undefined;
    if (record === undefined) continue;
    writeRecord(message, options, record.seq);
    message.setAddressLength(addressLength.readUInt32LE());
    try {
      socket.send(message);
    } catch (error) {
      complain(error); // one peer that cannot be reached is no reason to leave the others
    }
  }
}

function serveTcp(listener: Socket, options: ServeOptions): void {
  const message = new Message();
  const connections = new Map<Socket, Connection>();
  // Were a connection to vanish between poll and accept, accept would wait for the next one.
  listener.setOption(socketOptions.receiveTimeout, secondsOption(1), 'SO_RCVTIMEO');
  listener.listen();
  ready();
  try {
    for (;;) {
      const readable = pollReadable([listener, ...connections.keys()], options.timeoutS * 1000);
      if (readable.length === 0) return;
      for (const socket of readable) {
        const connection = connections.get(socket);
        if (connection === undefined) {
          acceptConnection(listener, connections, options);
        } else if (!answer(socket, connection, message, options)) {
          connections.delete(socket);
          socket[Symbol.dispose]();
        }
      }
    }
  } finally {
    for (const socket of connections.keys()) socket[Symbol.dispose]();
  }
}

/** The record that is arriving, and how much of it has. */
interface Connection {
  readonly request: Buffer;
  filled: number;
}

function acceptConnection(
  listener: Socket,
  connections: Map<Socket, Connection>,
  options: ServeOptions,
): void {
  const socket = listener.accept();
  if (socket === undefined) return;
  connections.set(socket, { request: Buffer.alloc(recordBytes), filled: 0 });
  applyMetadata(socket, options); // not inherited from the listener
  socket.setOption(socketOptions.tcpNoDelay, intOption(1), 'TCP_NODELAY');
}

/** Whether the connection goes on. */
function answer(socket: Socket, connection: Connection, message: Message, options: ServeOptions): boolean {
  try {
    const length = socket.receive(connection.request.subarray(connection.filled), dontWait);
    connection.filled += length;
    if (length === 0) return false;
    if (connection.filled < recordBytes) return true;
    const record = decodeRecord(connection.request);
    if (record === undefined) return false;
    connection.filled = 0;
    writeRecord(message, options, record.seq);
    socket.send(message);
    return true;
  } catch (error) {
    if (error instanceof SystemError && error.errno === errnos.EAGAIN) return true;
    complain(error);
    return false;
  }
}

function ready(): void {
  writeSync(1, 'ready\n');
}

function complain(error: unknown): void {
  writeSync(2, `talker: ${error instanceof Error ? error.message : error}\n`);
}
