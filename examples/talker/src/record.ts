/*
 * The wire format. Whoever else reads it (c/talker.c, an observer in BPF) copies it from here.
 *
 *   struct talker_record {            // little-endian, one per packet
 *           __le32 magic;             //  0  0x4e535431
 *           __le32 flow;              //  4  chosen by the one who starts the sender
 *           __le32 seq;               //  8  0, 1, 2 ...; a reply repeats the seq of its request
 *           __le32 priority;          // 12  the SO_PRIORITY that was asked for, 0 when none
 *           __le64 launch_time_ns;    // 16  the SCM_TXTIME that was asked for, 0 when none
 *           __le32 clock;             // 24  of the launch time: 0 none, 1 CLOCK_MONOTONIC, 2 CLOCK_TAI
 *           __u8   zero[36];          // 28
 *   };
 *   _Static_assert(sizeof(struct talker_record) == 64, "layout");
 */

export interface TalkerRecord {
  readonly flow: number;
  readonly seq: number;
  readonly priority: number;
  readonly launchTimeNs: bigint;
  readonly clock: RecordClock;
}

export type RecordClock = 'none' | 'mono' | 'tai';

export const recordMagic = 0x4e535431;
export const recordBytes = 64;

/** Write a record over the first 64 bytes of `into`. */
export function encodeRecord(record: TalkerRecord, into: Buffer): void {
  into.fill(0, 0, recordBytes);
  into.writeUInt32LE(recordMagic, 0);
  into.writeUInt32LE(record.flow, 4);
  into.writeUInt32LE(record.seq, 8);
  into.writeUInt32LE(record.priority, 12);
  into.writeBigUInt64LE(record.launchTimeNs, 16);
  into.writeUInt32LE(clockCodes.indexOf(record.clock), 24);
}

/** Read the record that `bytes` begins with; undefined where they are too few or no record. */
export function decodeRecord(bytes: Buffer): TalkerRecord | undefined {
  if (bytes.length < recordBytes || bytes.readUInt32LE(0) !== recordMagic) return undefined;
  const clock = clockCodes[bytes.readUInt32LE(24)];
  if (clock === undefined) return undefined;
  return {
    flow: bytes.readUInt32LE(4),
    seq: bytes.readUInt32LE(8),
    priority: bytes.readUInt32LE(12),
    launchTimeNs: bytes.readBigUInt64LE(16),
    clock,
  };
}

const clockCodes: readonly RecordClock[] = ['none', 'mono', 'tai'];
