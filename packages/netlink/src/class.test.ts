import { describe, expect, it } from 'vitest';
import { answers } from '../test/golden.ts';
import { countersOf } from '../test/tc-json.ts';
import { toolJson } from '../test/tool-json.ts';
import { formatHandle, listClasses, type TrafficClass } from './index.ts';

const classesOf = (name: string) => answers(name, listClasses({ index: 3 }));

describe('listClasses', () => {
  it.each(['mq', 'mqprio', 'taprio'])('reads what tc reads of %s', (kind) => {
    const classes = classesOf(`reply-6.12-${kind}-classes`).map((it) => ({
      class: it.kind,
      handle: formatHandle(it.handle),
      ...(it.parent === 0xffff_ffff ? { root: true } : { parent: formatHandle(it.parent) }),
      ...(it.leaf ? { leaf: `0x${(it.leaf >>> 16).toString(16)}` } : {}),
      // of the class of cbs the kernel sends none
      stats: it.stats ? countersOf(it.stats) : {},
    }));
    expect(classes).toEqual(toolJson(`reply-6.12-${kind}-classes`));
  });

  it('tells which TX queue a class is', () => {
    const queues = (name: string) =>
      classesOf(name).map(({ kind, handle, txQueue }) => `${kind} ${formatHandle(handle)} ${txQueue}`);
    expect(queues('reply-6.12-mq-classes')).toEqual(['mq 1:1 0', 'mq 1:2 1', 'mq 1:3 2', 'mq 1:4 3']);
    expect(queues('reply-6.12-mqprio-classes')).toEqual([
      'mqprio 1:ffe0 undefined',
      'mqprio 1:ffe1 undefined',
      'mqprio 1:ffe2 undefined',
      'mqprio 1:1 0',
      'mqprio 1:2 1',
      'mqprio 1:3 2',
      'mqprio 1:4 3',
      'cbs 800b:1 undefined',
    ]);
  });

  it('counts by TX queue, but of taprio in Linux 6.1 the sum of all', () => {
    const packets = (classes: TrafficClass[]) => new Set(classes.map(({ stats }) => stats?.packets));
    expect(packets(classesOf('reply-6.12-taprio-classes')).size).toBeGreaterThan(1);
    expect(packets(classesOf('reply-6.1-taprio-classes')).size).toBe(1);
    expect(classesOf('reply-6.1-taprio-classes').map(({ leaf }) => formatHandle(leaf))).toEqual(
      Array(4).fill('100:'),
    );
    expect(packets(classesOf('reply-6.1-mq-classes')).size).toBeGreaterThan(1);
  });
});
