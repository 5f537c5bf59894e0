import { describe, expect, it } from 'vitest';
import { golden, hex } from '../test/golden.ts';
import {
  decodeNetlinkError,
  frame,
  listLinks,
  messages,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_DONE,
  NLMSG_ERROR,
} from './index.ts';

const failureOf = (name: string) => {
  const [message] = messages(golden(name).datagrams[0] ?? new Uint8Array());
  return message && decodeNetlinkError(message);
};

describe('messages', () => {
  it('takes apart what frame puts together', () => {
    const request = listLinks();
    const [message, ...more] = messages(frame(request, 7, 8));
    expect(message).toEqual({ type: request.type, flags: request.flags, seq: 7, pid: 8, body: request.body });
    expect(more).toEqual([]);
  });

  it('finds all messages of a datagram', () => {
    const types = golden('reply-links').datagrams.flatMap((datagram) =>
      [...messages(datagram)].map(({ type }) => type),
    );
    expect(new Set(types.slice(0, -1))).toEqual(new Set([16]));
    expect(types.at(-1)).toBe(NLMSG_DONE);
  });

  it('refuses lengths that lie', () => {
    const [datagram = new Uint8Array()] = golden('reply-ack').datagrams;
    const shorter = (length: number) => Uint8Array.from([length, ...datagram.subarray(1)]);
    expect(() => [...messages(shorter(15))]).toThrow('a message of 15 bytes at 0, where 36 are left');
    expect(() => [...messages(shorter(40))]).toThrow('a message of 40 bytes at 0, where 36 are left');
    expect(() => [...messages(datagram.subarray(0, 10))]).toThrow('seq: needs 4 bytes, 2 are left');
  });
});

describe('decodeNetlinkError', () => {
  it('reads an acknowledgement', () => {
    expect(failureOf('reply-ack')).toEqual({ errno: 0 });
  });

  it("reads the kernel's own sentence", () => {
    expect(failureOf('reply-error-kind')).toEqual({ errno: 95, message: 'Unknown device type' });
  });

  it('tells which attribute was refused', () => {
    expect(failureOf('reply-error-mtu')).toEqual({
      errno: 22,
      message: 'MTU must be between 68 and 65535',
      offset: 32,
    });
    expect(failureOf('reply-error-policy')).toEqual({
      errno: 34,
      message: 'integer out of range',
      offset: 32,
      range: { min: 193n, max: 4_294_967_295n },
    });
  });

  it('reads the same from an answer that echoes only the header', () => {
    const [message] = messages(golden('reply-error-kind').datagrams[0] ?? new Uint8Array());
    const body = Buffer.from(
      hex(message?.body ?? new Uint8Array()).slice(0, 40) + hex(message?.body ?? new Uint8Array()).slice(-48),
      'hex',
    );
    const failure = decodeNetlinkError({ type: NLMSG_ERROR, flags: NLM_F_CAPPED | NLM_F_ACK_TLVS, body });
    expect(failure).toEqual({ errno: 95, message: 'Unknown device type' });
  });

  it('reads the result at the end of a dump', () => {
    expect(decodeNetlinkError({ type: NLMSG_DONE, flags: 2, body: new Uint8Array(4) })).toEqual({ errno: 0 });
    expect(
      decodeNetlinkError({ type: NLMSG_DONE, flags: 2, body: Uint8Array.of(0xea, 255, 255, 255) }),
    ).toEqual({ errno: 22 });
  });

  it('refuses one that is cut short', () => {
    expect(() => decodeNetlinkError({ type: NLMSG_ERROR, flags: 0, body: new Uint8Array(3) })).toThrow(
      'needs 4 bytes',
    );
  });
});
