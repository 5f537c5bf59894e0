import { formatRate, roughDuration } from './units.ts';

/** IEEE 802.3: 7 of preamble and 1 that begins the frame, and at least 12 between frames, in bytes. */
const PREAMBLE_BYTES = 8;
const GAP_BYTES = 12;
/** Addresses, type and checksum around the payload; a VLAN tag takes four more. */
export const HEADER_AND_CHECKSUM_BYTES = 18;
const VLAN_TAG_BYTES = 4;
export const MIN_FRAME_BYTES = 64;
/** With a VLAN tag, and the usual MTU of 1500. */
export const MAX_FRAME_BYTES = 1500 + HEADER_AND_CHECKSUM_BYTES + VLAN_TAG_BYTES;

const FIXED = PREAMBLE_BYTES + GAP_BYTES;
const BITS_NS = 8_000_000_000;

/** How long a frame of so many bytes occupies a link, in ns, with what goes before and after it, rounded up. */
export function wireTimeNs(frameBytes: number, linkSpeedBps: bigint): number {
  // Below 2^50, so that the quotient of doubles is on the right side of every whole number.
  return Math.ceil(((Math.max(frameBytes, MIN_FRAME_BYTES) + FIXED) * BITS_NS) / Number(linkSpeedBps));
}

/** The arithmetic, for people. */
export function explainWireTime(frameBytes: number, linkSpeedBps: bigint): string {
  if (explained?.frameBytes !== frameBytes || explained.linkSpeedBps !== linkSpeedBps) {
    explained = { frameBytes, linkSpeedBps, text: explain(frameBytes, linkSpeedBps) };
  }
  return explained.text;
}

/** Most classes have the same largest frame. */
let explained: { frameBytes: number; linkSpeedBps: bigint; text: string } | undefined;

function explain(frameBytes: number, linkSpeedBps: bigint): string {
  const bytes = Math.max(frameBytes, MIN_FRAME_BYTES);
  const time = roughDuration(wireTimeNs(bytes, linkSpeedBps));
  return `${time} at ${formatRate(linkSpeedBps)}: ${PREAMBLE_BYTES} bytes of preamble + ${bytes} of frame + ${GAP_BYTES} of gap = ${bytes + FIXED}`;
}
