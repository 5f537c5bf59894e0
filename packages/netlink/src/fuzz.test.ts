import { describe, expect, it } from 'vitest';
import { feed, hostileInputs, storedInputs } from '../../codec/test/fuzz.ts';
import { golden, goldenNames } from '../test/golden.ts';
import {
  decodeLink,
  decodeNetlinkError,
  listAddresses,
  listFilters,
  listQdiscs,
  listRoutes,
  messages,
  NLMSG_DONE,
  NLMSG_ERROR,
} from './index.ts';

/** What each decoder is fed with: mutants of the bodies of these answers. */
const decoders = {
  links: { from: 'reply-links', decode: decodeLink },
  addresses: { from: 'reply-addresses', decode: listAddresses().decode },
  routes: { from: 'reply-routes', decode: listRoutes({ family: 4 }).decode },
  qdiscs: { from: 'reply-qdiscs', decode: listQdiscs().decode },
  filters: { from: 'reply-filters', decode: listFilters({ index: 1, hook: 'egress' }).decode },
  errors: {
    from: 'reply-error-policy',
    decode: (body: Uint8Array) =>
      decodeNetlinkError({ type: NLMSG_ERROR, flags: (body.length & 3) << 8, body }),
  },
  ends: {
    from: 'reply-ack',
    decode: (body: Uint8Array) => decodeNetlinkError({ type: NLMSG_DONE, flags: 0x200, body }),
  },
};

const datagrams = goldenNames().flatMap((name) => golden(name).datagrams);

describe('hostile messages', () => {
  it.each(Object.entries(decoders))('end in a value or in a CodecError: %s', (name, { from, decode }) => {
    const bodies = golden(from).datagrams.flatMap((datagram) =>
      [...messages(datagram)].map(({ body }) => body),
    );
    const seen = { value: 0, refused: 0 };
    for (const input of hostileInputs(bodies, 8000, 5)) seen[feed(name, decode, input)]++;
    expect(Math.min(seen.value, seen.refused)).toBeGreaterThan(100);
  });

  it('end in a value or in a CodecError: datagrams', () => {
    const seen = { value: 0, refused: 0 };
    for (const input of hostileInputs(datagrams, 10_000, 6))
      seen[feed('messages', (it) => [...messages(it)], input)]++;
    expect(Math.min(seen.value, seen.refused)).toBeGreaterThan(100);
  });

  it('that once were too much no longer are', () => {
    const stored = storedInputs(new URL('../testdata/crashers/', import.meta.url));
    expect(stored.length).toBeGreaterThan(0);
    for (const { name, bytes } of stored) {
      for (const { decode } of Object.values(decoders)) feed(name, decode, bytes);
      feed(name, (it) => [...messages(it)], bytes);
    }
  });
});
