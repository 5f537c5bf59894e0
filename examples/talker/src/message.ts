import koffi from 'koffi';
import { recordBytes } from './record.ts';

/**
 * A msghdr for sendmsg(2) with its iovec, control message, address and payload, built once and reused.
 * All of it lies in one buffer: the kernel follows addresses from one part to another, and what is reached
 * only that way is not kept alive by it.
 */
export class Message {
  readonly bytes = Buffer.from(new ArrayBuffer(size));
  readonly payload = this.bytes.subarray(at.payload, at.payload + recordBytes);
  /** Room for any sockaddr; `setAddressLength` makes it count. */
  readonly address = this.bytes.subarray(at.address, at.address + addressRoom);

  constructor() {
    const base = koffi.address(this.bytes);
    const { bytes } = this;
    bytes.writeBigUInt64LE(base + BigInt(at.iovec), at.msghdr + 16); // msg_iov
    bytes.writeBigUInt64LE(1n, at.msghdr + 24); // msg_iovlen
    bytes.writeBigUInt64LE(base + BigInt(at.payload), at.iovec);
    bytes.writeBigUInt64LE(BigInt(recordBytes), at.iovec + 8);
    bytes.writeBigUInt64LE(base + BigInt(at.control), at.msghdr + 32); // msg_control, of length 0
    bytes.writeBigUInt64LE(BigInt(controlLength), at.control);
    bytes.writeInt32LE(1, at.control + 8); // SOL_SOCKET
    bytes.writeInt32LE(61, at.control + 12); // SCM_TXTIME
  }

  /** Send to what `address` holds; without it, to the peer that the socket is connected to. */
  setAddressLength(length: number): void {
    this.bytes.writeBigUInt64LE(koffi.address(this.bytes) + BigInt(at.address), at.msghdr); // msg_name
    this.bytes.writeUInt32LE(length, at.msghdr + 8); // msg_namelen
  }

  /** Ask the qdisc to hold this packet until then; the socket must have SO_TXTIME. */
  setLaunchTime(timeNs: bigint): void {
    this.bytes.writeBigUInt64LE(BigInt(controlLength), at.msghdr + 40); // msg_controllen
    this.bytes.writeBigUInt64LE(timeNs, at.control + 16);
  }
}

// struct msghdr (56), iovec (16), cmsghdr with a u64 (24), sockaddr_in6 (28), the record; each aligned to 8
const at = { msghdr: 0, iovec: 56, control: 72, address: 96, payload: 128 };
const size = at.payload + recordBytes;
const controlLength = 24;
const addressRoom = 28;
