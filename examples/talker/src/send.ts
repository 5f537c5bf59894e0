import { readClock, sleepUntil } from './clock.ts';
import { errnos, SystemError } from './libc.ts';
import { Message } from './message.ts';
import { applyMetadata, writeRecord } from './metadata.ts';
import { type SendOptions, UsageError } from './options.ts';
import { decodeRecord, recordBytes } from './record.ts';
import { intOption, Socket, secondsOption, socketOptions, waitForAll } from './socket.ts';
import { socketAddress } from './socketAddress.ts';

export interface SendResult {
  readonly flow: number;
  /** Records, each counted once however often it had to be sent again. */
  readonly sent: number;
  readonly replies: number;
}

/** Send the records at their interval; throws when the kernel refuses or the peer does not answer. */
export function send(options: SendOptions): SendResult {
  using socket = openToPeer(options);
  const message = new Message();
  const startNs = readClock('mono');
  let replies = 0;
  for (let seq = 0; seq < options.count; seq++) {
    sleepUntil(startNs + BigInt(seq) * BigInt(options.intervalUs) * 1000n);
    if (options.waitReply) {
      exchange(socket, message, options, seq);
      replies++;
    } else {
      sendRecord(socket, message, options, seq);
    }
  }
  return { flow: options.flow, sent: options.count, replies };
}

function openToPeer(options: SendOptions): Socket {
  const address = socketAddress(options.to, options.port);
  if (address === undefined) throw new UsageError(`--to ${options.to}: must be an IPv4 or IPv6 address`);
  const socket = Socket.open(address, options.protocol);
  if (options.device !== undefined) {
    socket.setOption(socketOptions.bindToDevice, Buffer.from(options.device), `--device ${options.device}`);
  }
  applyMetadata(socket, options); // before connect, so that the SYN has it too
  socket.setOption(socketOptions.receiveTimeout, secondsOption(replySeconds), 'SO_RCVTIMEO');
  if (options.protocol === 'tcp') {
    socket.setOption(socketOptions.sendTimeout, secondsOption(connectSeconds), 'SO_SNDTIMEO');
    socket.setOption(socketOptions.tcpNoDelay, intOption(1), 'TCP_NODELAY');
  }
  socket.connect(address);
  return socket;
}

function exchange(socket: Socket, message: Message, options: SendOptions, seq: number): void {
  const tries = options.protocol === 'udp' ? 4 : 1;
  for (let attempt = 1; ; attempt++) {
    sendRecord(socket, message, options, seq);
    try {
      receiveReply(socket, seq);
      return;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (attempt < tries) continue;
      const reason = error.errno === errnos.EAGAIN ? `nothing came within ${replySeconds} s` : error.message;
      const howOften = tries === 1 ? '' : `, sent ${tries} times`;
      throw new Error(`no reply to record ${seq}${howOften}: ${reason}`, { cause: error });
    }
  }
}

function sendRecord(socket: Socket, message: Message, options: SendOptions, seq: number): void {
  for (;;) {
    writeRecord(message, options, seq);
    try {
      socket.send(message);
      return;
    } catch (error) {
      // An earlier datagram found no one listening; the kernel says so instead of sending this one.
      if (!(error instanceof SystemError && error.errno === errnos.ECONNREFUSED)) throw error;
    }
  }
}

const reply = Buffer.alloc(recordBytes);

function receiveReply(socket: Socket, seq: number): void {
  for (;;) {
    const length = socket.receive(reply, waitForAll);
    if (length === 0) throw new Error(`no reply to record ${seq}: the peer closed the connection`);
    // Another seq answers a record that was sent again meanwhile.
    if (decodeRecord(reply.subarray(0, length))?.seq === seq) return;
  }
}

const replySeconds = 1;
const connectSeconds = 5;
