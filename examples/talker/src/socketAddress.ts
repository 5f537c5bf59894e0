import { inetPton } from './libc.ts';

export interface SocketAddress {
  readonly family: number;
  /** A struct sockaddr_in or sockaddr_in6. */
  readonly bytes: Buffer;
  /** For messages. */
  readonly text: string;
}

/** The address of a port; undefined where `address` is neither an IPv4 nor an IPv6 literal. */
export function socketAddress(address: string, port: number): SocketAddress | undefined {
  const { family, size, offset } = address.includes(':') ? inet6 : inet;
  const bytes = Buffer.alloc(size);
  bytes.writeUInt16LE(family, 0);
  bytes.writeUInt16BE(port, 2);
  if (inetPton(family, address, bytes.subarray(offset)) !== 1) return undefined;
  return { family, bytes, text: `${address} port ${port}` };
}

const inet = { family: 2, size: 16, offset: 4 }; // struct sockaddr_in
const inet6 = { family: 10, size: 28, offset: 8 }; // struct sockaddr_in6
