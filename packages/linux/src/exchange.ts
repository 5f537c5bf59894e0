import { TsnctlError } from '@tsnctl/codec';
import {
  decodeNetlinkError,
  frame,
  messages,
  type NetlinkFailure,
  type NetlinkRequest,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '@tsnctl/netlink';
import { SystemError } from './system-error.ts';

/** What carries datagrams to the kernel and back: a netlink socket, or a test. */
export interface Transport {
  send(message: Uint8Array): void;
  receive(): Uint8Array;
  /** A sequence number that no earlier request of this transport had. */
  nextSequence(): number;
}

const DUMP_TRIES = 10;

/**
 * Send a request and decode every answer to it. A dump during which something changed may show a thing twice
 * or not at all (NLM_F_DUMP_INTR): it is asked for again, DUMP_TRIES times.
 * @throws SystemError with the kernel's own sentence; TsnctlError DUMP_INTERRUPTED
 */
export function exchange<Reply>(transport: Transport, request: NetlinkRequest<Reply>): Reply[] {
  for (let attempt = 1; attempt <= DUMP_TRIES; attempt++) {
    const { replies, interrupted } = askOnce(transport, request);
    if (!interrupted) return replies;
  }
  throw new TsnctlError(
    'DUMP_INTERRUPTED',
    `${request.equivalent}: what was listed kept changing, ${DUMP_TRIES} times in a row`,
    { hint: 'again when the namespace is quieter' },
  );
}

interface Answers<Reply> {
  replies: Reply[];
  interrupted: boolean;
}

function askOnce<Reply>(transport: Transport, request: NetlinkRequest<Reply>): Answers<Reply> {
  const sequence = transport.nextSequence();
  const isDump = (request.flags & NLM_F_DUMP) === NLM_F_DUMP;
  transport.send(frame(isDump ? request : { ...request, flags: request.flags | NLM_F_ACK }, sequence, 0));

  const bodies: Uint8Array[] = [];
  let interrupted = false;
  for (;;) {
    for (const answer of messages(transport.receive())) {
      if (answer.seq !== sequence) continue;
      if (answer.flags & NLM_F_DUMP_INTR) interrupted = true;
      if (answer.type === NLMSG_DONE || answer.type === NLMSG_ERROR) {
        const failure = decodeNetlinkError(answer);
        if (failure.errno !== 0) throw refusal(request, failure);
        // Decoded only now: an error amid a dump would leave the rest of it in the socket (EBUSY next time).
        return { replies: decodeAll(request, bodies), interrupted };
      }
      if (answer.type === request.replies) bodies.push(answer.body);
    }
  }
}

function decodeAll<Reply>(request: NetlinkRequest<Reply>, bodies: readonly Uint8Array[]): Reply[] {
  const replies = bodies.map((body) => request.decode(body));
  return request.accepts ? replies.filter(request.accepts) : replies;
}

/** The equivalent command, errno's sentence, and what the kernel says of it: its own sentence, the field, the range. */
function refusal(
  { equivalent, fieldAt }: Pick<NetlinkRequest<unknown>, 'equivalent' | 'fieldAt'>,
  { errno, message, offset, range }: NetlinkFailure,
): SystemError {
  const plain = new SystemError(equivalent, errno);
  const field = offset === undefined ? undefined : fieldAt?.(offset);
  const said = [message, field && `at ${field}`, range && `from ${range.min} to ${range.max}`].filter(
    Boolean,
  );
  if (said.length === 0) return plain;
  return new SystemError(equivalent, errno, { message: `${plain.message} (${said.join(', ')})`, field });
}
