import { readFileSync } from 'node:fs';
import { listQdiscs, type Qdisc } from '@tsnctl/netlink';
import { describe, expect, it } from 'vitest';
import { answers } from '../../../netlink/test/golden.ts';
import { fromQdiscs } from '../from-qdiscs.ts';
import { fromTcJson } from './import-json.ts';

const told = (name: string): string =>
  readFileSync(new URL(`../../../netlink/testdata/${name}.json`, import.meta.url), 'utf8');

/** The interface that has more than the default. */
function tuned(name: string): Qdisc[] {
  const all = answers(name, listQdiscs());
  const root = all.find(({ parent, kind }) => parent === 0xffff_ffff && kind !== 'noqueue');
  return all.filter(({ index }) => index === root?.index);
}

describe('what tc tells as JSON, and what the kernel told it', () => {
  it.each(['reply-6.1-taprio', 'reply-6.12-taprio', 'reply-6.1-mqprio', 'reply-6.12-mqprio'])(
    '%s: the same schedule',
    (name) => {
      const { dev, qdiscs } = fromTcJson(told(name));
      const schedule = fromQdiscs(qdiscs, dev);
      expect(schedule.classes.length).toBeGreaterThan(1);
      expect(schedule).toEqual(fromQdiscs(tuned(name), dev));
    },
  );
});
