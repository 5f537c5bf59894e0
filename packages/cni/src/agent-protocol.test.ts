import { CodecError } from '@tsnctl/codec';
import { describe, expect, it } from 'vitest';
import {
  encodeReply,
  encodeRequest,
  LIMITS,
  type MessageReader,
  replyReader,
  requestReader,
} from './index.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const request = {
  env: { CNI_COMMAND: 'ADD', CNI_ARGS: 'a=b;c=d=e', CNI_NETNS: '' },
  stdin: bytes('{"näme":1}'),
};
const reply = { exitCode: 11, stdout: bytes('{"code":11}') };

describe('the protocol of the socket', () => {
  it('is text, as docs/cni.md shows it', () => {
    expect(
      new TextDecoder().decode(encodeRequest({ env: { CNI_COMMAND: 'DEL', HOME: '/' }, stdin: bytes('{}') })),
    ).toBe('TSNCTL-CNI 1 16 2\nCNI_COMMAND=DEL\0{}');
    expect(new TextDecoder().decode(encodeReply({ exitCode: 0, stdout: bytes('{}') }))).toBe(
      'TSNCTL-CNI 1 0 2\n{}',
    );
  });

  it('is read however it comes in pieces', () => {
    for (const size of [1, 2, 7, 1000]) {
      expect(inPieces(requestReader(), encodeRequest(request), size)).toEqual(request);
      expect(inPieces(replyReader(), encodeReply(reply), size)).toEqual(reply);
    }
    expect(inPieces(replyReader(), encodeReply({ exitCode: 0, stdout: bytes('') }), 3)).toEqual({
      exitCode: 0,
      stdout: bytes(''),
    });
  });

  it.each([
    ['HTTP/1.1 200', 'request: does not begin with "TSNCTL-CNI 1"'],
    ['TSNCTL-CNI 2 0 0\n', 'request: does not begin with "TSNCTL-CNI 1"'],
    ['TSNCTL-CNI 1 0\n', 'request: the header is malformed'],
    ['TSNCTL-CNI 1 -1 0\n', 'request: the header is malformed'],
    ['TSNCTL-CNI 1 01 0\n', 'request: the header is malformed'],
    ['TSNCTL-CNI 1 0 9999999999\n', 'request: the header is malformed'],
    [`TSNCTL-CNI 1 ${'1'.repeat(60)}`, 'request: the header has no end'],
    [`TSNCTL-CNI 1 0 ${LIMITS.stdin + 1}\n`, `stdin: ${LIMITS.stdin + 1} is more than ${LIMITS.stdin}`],
    [`TSNCTL-CNI 1 ${LIMITS.env + 1} 0\n`, `env: ${LIMITS.env + 1} is more than ${LIMITS.env}`],
    ['TSNCTL-CNI 1 0 1\nxy', 'request: 1 bytes too many'],
    ['TSNCTL-CNI 1 3 0\nabc', 'request.env: has no NUL at its end'],
    ['TSNCTL-CNI 1 7 0\nHOME=/\0', 'request.env: "HOME=/" is no CNI_ variable'],
    ['TSNCTL-CNI 1 14 0\nCNI_A=\0CNI_A=\0', 'request.env: CNI_A comes twice'],
  ])('refuses %j', (text, message) => {
    expect(() => requestReader().push(bytes(text))).toThrow(
      expect.objectContaining({ name: 'CodecError', message }),
    );
  });

  it('refuses an exit code that no process can have, and what ends too early', () => {
    expect(() => replyReader().push(bytes('TSNCTL-CNI 1 256 0\n'))).toThrow('exitCode: 256 is more than 255');
    const reader = replyReader();
    expect(reader.push(bytes('TSNCTL'))).toBeUndefined();
    expect(() => reader.end()).toThrow(new CodecError('reply', 'ends after 6 bytes'));
  });
});

function inPieces<T>(reader: MessageReader<T>, message: Uint8Array, size: number): T {
  for (let at = 0; at < message.length; at += size) {
    const read = reader.push(message.subarray(at, at + size));
    if (read !== undefined) return read;
  }
  return reader.end();
}
