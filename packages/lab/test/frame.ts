import { parseIp } from '@tsnctl/netlink';

interface EtherFrame {
  /** Hardware addresses; 00:00:00:00:00:00 by default, which nobody has. */
  to?: string;
  from?: string;
  ethertype: number;
  payload: Uint8Array;
}

export function etherFrame({ to, from, ethertype, payload }: EtherFrame): Uint8Array {
  return Uint8Array.of(...mac(to), ...mac(from), ethertype >>> 8, ethertype & 0xff, ...payload);
}

interface UdpFrame extends Omit<EtherFrame, 'ethertype'> {
  source?: string;
  destination?: string;
}

const ETH_P_IP = 0x0800;
const IP_BYTES = 20;
const UDP_BYTES = 8;

/** An Ethernet frame with a UDP packet in IPv4, without a UDP checksum; from the node to outside by default. */
export function udpFrame(frame: UdpFrame): Uint8Array {
  const { source = '198.18.0.1', destination = '198.18.0.2', payload } = frame;
  const bytes = new Uint8Array(IP_BYTES + UDP_BYTES + payload.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x45); // version 4, five words
  view.setUint16(2, bytes.byteLength);
  view.setUint8(8, 64); // TTL
  view.setUint8(9, 17); // UDP
  bytes.set(parseIp(source), 12);
  bytes.set(parseIp(destination), 16);
  view.setUint16(10, checksum(view));
  view.setUint16(20, 7000);
  view.setUint16(22, 7000);
  view.setUint16(24, UDP_BYTES + payload.byteLength);
  bytes.set(payload, IP_BYTES + UDP_BYTES);
  return etherFrame({ ...frame, ethertype: ETH_P_IP, payload: bytes });
}

function mac(text = '00:00:00:00:00:00'): number[] {
  return text.split(':').map((byte) => Number.parseInt(byte, 16));
}

/** Of an IP header, RFC 1071. */
function checksum(header: DataView): number {
  let sum = 0;
  for (let at = 0; at < IP_BYTES; at += 2) sum += header.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
