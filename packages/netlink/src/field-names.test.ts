import { describe, expect, it } from 'vitest';
import { classRequests } from '../test/class-requests.ts';
import { ethtoolRequests } from '../test/ethtool-requests.ts';
import { ipRequests } from '../test/ip-requests.ts';
import { linkRequests } from '../test/link-requests.ts';
import { qdiscRequests } from '../test/qdisc-requests.ts';
import { addQdisc, addRoute, setChannels } from './index.ts';

const changes = Object.entries({
  ...linkRequests,
  ...qdiscRequests,
  ...ethtoolRequests,
  ...ipRequests,
  ...classRequests,
}).filter(([, { replies }]) => replies === 0);

describe('an offset in a request', () => {
  it.each(changes)('is a field of the spec: %s', (_, { body, fieldAt }) => {
    const offsets = Array.from({ length: body.length / 4 }, (_, i) => 16 + 4 * i);
    const fields = offsets.map((offset) => fieldAt?.(offset)).filter((field) => field !== undefined);
    expect([...new Set(fields)]).toMatchSnapshot();
  });

  it('is none in the header, and behind the end', () => {
    const { fieldAt, body } = addQdisc({ index: 1, kind: 'fq', options: { limitPackets: 7 } });
    expect(fieldAt?.(16)).toBeUndefined();
    expect(fieldAt?.(16 + body.length)).toBeUndefined();
    expect(fieldAt?.(16 + body.length - 8)).toBe('options.limitPackets');
  });

  it('goes by the name that the spec has, where the attribute has another', () => {
    const route = addRoute({ family: 4, destination: 'default', via: '10.0.0.2', index: 3 });
    const of = (offset: number) => route.fieldAt?.(16 + 12 + offset);
    expect([of(0), of(8), of(16)]).toEqual(['destination', 'via', 'index']);
    expect(setChannels({ family: 21, name: 'v0', tx: 9 }).fieldAt?.(32)).toBe('tx');
  });
});
