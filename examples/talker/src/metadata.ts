import { clockIds, readClock } from './clock.ts';
import type { Message } from './message.ts';
import type { ClockName, Metadata } from './options.ts';
import { encodeRecord } from './record.ts';
import { intOption, type Socket, socketOptions } from './socket.ts';

/** Tell the socket what its packets need: the traffic class for all, and that each has a launch time. */
export function applyMetadata(socket: Socket, { priority, txtime }: Metadata): void {
  if (priority !== undefined) {
    const hint = priority > 6 ? '7 and above need CAP_NET_RAW or CAP_NET_ADMIN' : undefined;
    socket.setOption(socketOptions.priority, intOption(priority), `SO_PRIORITY ${priority}`, hint);
  }
  if (txtime !== undefined) {
    const clockAndFlags = Buffer.alloc(8); // struct sock_txtime
    clockAndFlags.writeInt32LE(clockIds[txtime.clock]);
    socket.setOption(socketOptions.txtime, clockAndFlags, 'SO_TXTIME', txtimeHints[txtime.clock]);
  }
}

/** Make the message carry the record `seq`, and the launch time that the record tells. */
export function writeRecord(message: Message, { flow, priority = 0, txtime }: Metadata, seq: number): void {
  if (txtime === undefined) {
    encodeRecord({ flow, seq, priority, launchTimeNs: 0n, clock: 'none' }, message.payload);
    return;
  }
  const { clock, leadMs } = txtime;
  // seq makes each time differ from its neighbours', so that an observer can tell exact from near.
  const launchTimeNs = readClock(clock) + BigInt(leadMs) * 1_000_000n + BigInt(seq);
  encodeRecord({ flow, seq, priority, launchTimeNs, clock }, message.payload);
  message.setLaunchTime(launchTimeNs);
}

const txtimeHints: Record<ClockName, string> = {
  mono: 'CLOCK_MONOTONIC needs Linux 4.19',
  tai: 'CLOCK_TAI needs CAP_NET_ADMIN',
};
