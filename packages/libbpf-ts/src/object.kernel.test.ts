import { openFds, traceFds } from '@tsnctl/linux';
import { requires, testBpffs, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { productObject, testObject } from '../test/objects.ts';
import { BpfMap } from './map.ts';
import { BpfObject } from './object.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 10] }));

const shapes = () => BpfObject.open(testObject('shapes'), 'shapes');
const packet = new Uint8Array(64);

describe('open and load', () => {
  it.each(['gate', 'saver', 'restorer', 'lab/injector', 'lab/observer'])('the product object %s', (name) => {
    using object = BpfObject.open(productObject(name), name).load();
    using program = object.program(name === 'gate' ? 'strip' : (name.split('/').at(-1) ?? ''));
    expect(program.info().tag).toMatch(/^[0-9a-f]{16}$/);
  });

  it('what is taken from an object outlives it', () => {
    const object = shapes().load();
    using map = object.map('things');
    using program = object.program('answering');
    object[Symbol.dispose]();
    object[Symbol.dispose]();
    expect(map.name).toBe('things');
    expect(program.testRun(packet).returned).toBe(42);
  });

  it('lists the variables of a section, with their places', () => {
    using object = shapes();
    expect(object.variables('.rodata').map(({ name, offset, size }) => ({ name, offset, size }))).toEqual([
      { name: 'answer', offset: 0, size: 4 },
      { name: 'grow_by', offset: 4, size: 2 },
    ]);
  });
});

describe('programWith', () => {
  it('loads a program once more with other constants, beside the first', () => {
    using object = shapes().setConstants({ grow_by: 6 }).load();
    using first = object.program('answering');
    using other = object.programWith('answering', { answer: 0xffff_fff9 });
    object[Symbol.dispose]();
    expect(first.testRun(packet).returned).toBe(42);
    const { returned, data } = other.testRun(packet);
    expect([returned, data.byteLength]).toEqual([-7, 70]); // what is not named is as it was at load
    expect(other.describe()).toMatchObject({ name: 'answering', type: first.describe().type });
  });

  it('refuses what the object does not have, and one that is not loaded', () => {
    using object = shapes();
    expect(() => object.programWith('answering', {})).toThrow('shapes is not loaded yet');
    object.load();
    expect(() => object.programWith('answering', { question: 1 })).toThrow('shapes has no constant question');
    expect(() => object.programWith('asking', {})).toThrow('shapes has no program asking');
  });

  it('shares the maps, those of the product too', () => {
    using object = BpfObject.open(productObject('pod_saver'), 'pod_saver').load();
    using first = object.program('pod_saver');
    using other = object.programWith('pod_saver', { pod_slot: 7 });
    const shared = first.describe().mapIds.filter((id) => other.describe().mapIds.includes(id));
    expect(shared.length).toBe(first.describe().mapIds.length - 1); // all but the constants
  });
});

describe('setConstants', () => {
  it('changes what the programs see, by name', () => {
    using object = shapes().setConstants({ answer: 0xffff_fff9 }).load();
    using program = object.program('answering');
    expect(program.testRun(packet).returned).toBe(-7);
  });

  it('of one leaves the others', () => {
    using object = shapes().setConstants({ grow_by: 6 }).load();
    using program = object.program('answering');
    const { returned, data } = program.testRun(packet);
    expect([returned, data.byteLength]).toEqual([42, 70]);
  });

  it('of none is fine, also where the object has none', () => {
    using object = BpfObject.open(productObject('lab/observer'), 'observer');
    expect(() => object.variables('.rodata')).toThrow('BTF has no datasec called .rodata');
    object.setConstants({}).load();
    expect(() => object.setConstants({})).toThrow('observer is loaded already');
  });

  it.each([
    [
      { question: 1 },
      { code: 'NO_VARIABLE', message: 'shapes has no constant question', hint: 'it has: answer, grow_by' },
    ],
    [{ answer: -1 }, { code: 'CODEC' }],
    [{ answer: 'much' }, { code: 'CODEC' }],
    [{ grow_by: 40_000 }, { code: 'CODEC' }],
  ])('refuses %j', (values, error) => {
    using object = shapes();
    expect(() => object.setConstants(values)).toThrow(expect.objectContaining(error));
  });
});

describe('setMaxEntries and reuseMap', () => {
  it('make a map of another size', () => {
    using object = shapes().setMaxEntries('things', 77).load();
    using map = object.map('things');
    expect(map.maxEntries).toBe(77);
  });

  it('share a map between two objects', () => {
    using first = shapes().load();
    using mine = first.map<number, { hits: number[] }>('tallies');
    mine.set(0, { hits: [0, 0, 0] });
    using second = shapes().reuseMap('tallies', mine).load();
    using program = second.program('answering');
    program.testRun(packet, { repeat: 5 });
    const hits = mine.getPerCpu(0)?.reduce((sum, { hits }) => sum + (hits[1] ?? 0), 0);
    expect(hits).toBe(5);
  });

  it.each([
    [
      'a map that is not there',
      (object: BpfObject) => object.setMaxEntries('cars', 1),
      {
        code: 'NO_MAP',
        message: 'shapes has no map cars',
        hint: expect.stringMatching(/^it has: .*\btallies\b/),
      },
    ],
    ['no entries', (object: BpfObject) => object.setMaxEntries('things', 0).load(), { code: 'EINVAL' }],
    [
      'what is no map',
      (object: BpfObject) => object.reuseMap('things', { fd: 0 }),
      { code: 'MAP_MISMATCH', message: 'shapes: its map things cannot be what is no BPF map' },
    ],
  ])('refuse %s', (_, action, error) => {
    using object = shapes();
    expect(() => action(object)).toThrow(expect.objectContaining(error));
  });

  it.each([
    ['tallies', 'shapes: its map things cannot be one with type 5: it needs 1'],
    ['plain', 'shapes: its map things cannot be one with type 2: it needs 1'],
    ['things', 'shapes: its map things cannot be one with a number of entries of 77: it needs 4'],
  ])('refuse a map of another shape: %s', (name, message) => {
    using first = shapes().setMaxEntries('things', 77).load();
    using other = first.map(name);
    using second = shapes();
    const hint = expect.stringMatching(/^bpftool map show id \d+; it comes from another version/);
    expect(() => second.reuseMap('things', other)).toThrow(
      expect.objectContaining({ code: 'MAP_MISMATCH', message, hint }),
    );
  });
});

describe('what does not exist, or not now', () => {
  it.each([
    ['a map', (object: BpfObject) => object.map('cars'), 'NO_MAP', 'shapes has no map cars'],
    [
      'a program',
      (object: BpfObject) => object.program('driver'),
      'NO_PROGRAM',
      'shapes has no program driver',
    ],
    [
      'a change after load',
      (object: BpfObject) => object.setConstants({ answer: 1 }),
      'LOADED',
      'shapes is loaded already',
    ],
    ['a second load', (object: BpfObject) => object.load(), 'LOADED', 'shapes is loaded already'],
  ])('%s', (_, action, code, message) => {
    using object = shapes().load();
    expect(() => action(object)).toThrow(expect.objectContaining({ code, message }));
  });

  it('a map or a program before load', () => {
    using object = shapes();
    const error = expect.objectContaining({
      code: 'NOT_LOADED',
      message: 'shapes is not loaded yet',
      hint: 'load it first',
    });
    expect(() => object.map('things')).toThrow(error);
    expect(() => object.program('answering')).toThrow(error);
  });

  it('anything of a closed object', () => {
    const [fresh, loaded] = [shapes(), shapes().load()];
    for (const object of [fresh, loaded]) object[Symbol.dispose]();
    const closed = expect.objectContaining({ code: 'CLOSED', message: 'shapes is closed' });
    expect(() => fresh.load()).toThrow(closed);
    expect(() => fresh.setConstants({ answer: 1 })).toThrow(closed);
    expect(() => loaded.map('things')).toThrow(closed);
    expect(() => loaded.program('answering')).toThrow(closed);
  });
});

describe('a bad object', () => {
  it("is refused in libbpf's words", () => {
    const error = thrownBy(() => BpfObject.open(new Uint8Array(100).fill(7), 'garbage'));
    expect(error).toMatchObject({
      name: 'TsnctlError',
      code: 'BAD_OBJECT',
      message: expect.stringMatching(/^garbage is not a BPF object: .*ELF/),
      hint: 'an ELF file as clang -O2 -g -target bpf -c writes it',
    });
    expect(error.message).not.toContain('\n');
  });

  it.each([0, 1, 16, 63, 64, 200, 1000])('that is cut off after %i bytes gives BAD_OBJECT', (length) => {
    const cut = testObject('shapes').slice(0, length);
    expect(() => BpfObject.open(cut, 'cut')).toThrow(expect.objectContaining({ code: 'BAD_OBJECT' }));
  });
});

describe('a program that the verifier refuses', () => {
  const load = () => {
    using object = BpfObject.open(testObject('refused'), 'refused');
    object.load();
  };

  it('is refused with one sentence, and the whole log as cause', () => {
    const error = thrownBy(load);
    expect(error).toMatchObject({
      name: 'SystemError',
      code: 'EACCES',
      message: expect.stringMatching(
        /^refused was not loaded: program \w+: R\d offset is outside of the packet, at ".+"/,
      ),
      cause: expect.stringMatching(
        /BEGIN PROG LOAD LOG[\s\S]*\(71\) r\d = \*\(u8 \*\)[\s\S]*processed \d+ insns/,
      ),
    });
  });

  it('leaves nothing of it in the next message', () => {
    thrownBy(load);
    expect(thrownBy(() => BpfObject.open(new Uint8Array(8), 'next')).message).not.toContain('refused');
    expect(thrownBy(load).cause).toBe(thrownBy(load).cause);
  });
});

function thrownBy(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

describe('maps.bpf.c', () => {
  const maps = () => BpfObject.open(testObject('maps'), 'maps');

  it('lists its programs, that of an unknown section with the type of traffic', () => {
    using object = maps();
    expect(object.programs()).toEqual([
      { name: 'sending', section: 'tc', type: 'sched_cls' },
      { name: 'tail', section: 'tc', type: 'sched_cls' },
      { name: 'watching', section: 'tcx/ingress', type: 'sched_cls' },
    ]);
    expect(object.maps()).toEqual(expect.arrayContaining(['hash', 'events', 'maps.bss', 'maps.rodata']));
  });

  it('sets variables by name before load, and reads and writes them afterwards', () => {
    using object = maps().setVariables({ threshold: 77, number: 10n }).setConstants({ burst: 2 }).load();
    using watching = object.program('watching');
    using sending = object.program('sending');
    watching.testRun(packet);
    sending.testRun(packet);
    expect([object.variable('seen_threshold'), object.variable('number')]).toEqual([77, 12n]);
    object.setVariable('threshold', 78);
    watching.testRun(packet);
    expect(object.variable<number>('seen_threshold')).toBe(78);
  });

  it.each([
    [(object: BpfObject) => object.setVariables({ thresh: 1 }), 'NO_VARIABLE', 'maps has no variable thresh'],
    [(object: BpfObject) => object.setVariables({ threshold: -1 }), 'CODEC', '-1 is not an integer'],
    [(object: BpfObject) => object.variable('threshold'), 'NOT_LOADED', 'maps is not loaded yet'],
    [(object: BpfObject) => object.load().variable('burst'), 'NO_VARIABLE', 'maps has no variable burst'],
    [(object: BpfObject) => object.load().setVariable('number', 1), 'CODEC', '1 is not a bigint'],
    [(object: BpfObject) => object.load().setVariables({ number: 1n }), 'LOADED', 'maps is loaded already'],
    [(object: BpfObject) => object.leaveOut('driver'), 'NO_PROGRAM', 'maps has no program driver'],
  ])('refuses %s', (action, code, message) => {
    using object = maps();
    expect(() => action(object)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it('pins a map where it is told, and finds it there again', () => {
    using bpffs = testBpffs();
    const path = `${bpffs.path}/shared`;
    {
      using first = maps().setPin('hash', path).load();
      using map = first.map<number, unknown>('lru');
      expect(map.info.type).toBe('lru_hash');
    }
    using pinned = BpfMap.pinned(path);
    using second = maps().setPin('hash', path).load();
    using map = second.map('hash');
    expect(map.info.id).toBe(pinned.info.id);
    using third = maps().setPin('array', path);
    expect(() => third.load()).toThrow(/^maps was not loaded: .*shared/);
  });

  it('leaves a program out', () => {
    using object = maps().leaveOut('tail').load();
    expect(() => object.program('tail')).toThrow();
  });

  it('an object that is forgotten is named as a leak', () => {
    traceFds(true);
    const object = maps();
    expect(openFds()).toEqual([
      expect.stringMatching(/^Error: the BPF object maps was opened here\n[\s\S]*object\.kernel\.test/),
    ]);
    object[Symbol.dispose]();
    expect(openFds()).toEqual([]);
  });
});
