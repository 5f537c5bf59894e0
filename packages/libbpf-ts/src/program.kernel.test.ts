import { execFileSync } from 'node:child_process';
import { missing, requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { testObject } from '../test/objects.ts';
import { BpfObject } from './object.ts';
import { BpfProgram } from './program.ts';
import { enableRunStats } from './run-stats.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 10] }));

function shapes(constants: Record<string, unknown> = {}): BpfObject {
  return BpfObject.open(testObject('shapes'), 'shapes').setConstants(constants).load();
}

describe('info', () => {
  it('is id, name and tag', () => {
    using object = shapes();
    using program = object.program('answering');
    using other = object.program('other');
    const info = program.info();
    expect(info).toEqual({
      id: expect.any(Number),
      name: 'answering',
      tag: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(other.info().id).not.toBe(info.id);
    expect(other.info().tag).not.toBe(info.tag);
  });

  it('tells the same tag for the same instructions, whatever the maps are', () => {
    using first = shapes();
    using second = shapes();
    using one = first.program('other');
    using two = second.program('other');
    expect(one.info().tag).toBe(two.info().tag);
  });

  it('is what bpftool shows', (ctx) => {
    requires(ctx, { programs: ['bpftool'] });
    using object = shapes();
    using program = object.program('answering');
    const { id, name, tag } = program.info();
    const theirs = execFileSync('bpftool', ['-j', 'prog', 'show', 'id', String(id)], { encoding: 'utf8' });
    expect(JSON.parse(theirs)).toMatchObject({ id, name, tag });
  });
});

describe('describe', () => {
  it('is all that bpftool shows', (ctx) => {
    requires(ctx, { programs: ['bpftool'] });
    using object = shapes();
    using program = object.program('answering');
    using _stats = enableRunStats();
    program.testRun(new Uint8Array(64), { repeat: 100 });
    const { id, name, tag, type, loadedAtNs, uid, jitedBytes, mapIds, btfId, runs, runTimeNs } =
      program.describe();
    const shown = execFileSync('bpftool', ['-j', 'prog', 'show', 'id', String(id)], { encoding: 'utf8' });
    const theirs = JSON.parse(shown);
    expect({ id, name, tag, type, uid, map_ids: mapIds.toSorted(), btf_id: btfId }).toEqual({
      ...{ id: theirs.id, name: theirs.name, tag: theirs.tag, type: theirs.type, uid: theirs.uid },
      ...{ map_ids: theirs.map_ids.toSorted(), btf_id: theirs.btf_id },
    });
    expect([jitedBytes, runs, Number(runTimeNs)]).toEqual([
      theirs.bytes_jited ?? 0,
      100n,
      theirs.run_time_ns,
    ]);
    expect(loadedAtNs).toBeGreaterThan(0n);
    expect([...BpfProgram.ids()]).toContain(id);
  });
});

/** r0 = 0; exit: struct bpf_insn in linux/bpf.h */
const NOTHING = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

describe('create', () => {
  it('loads instructions under a name', () => {
    using program = BpfProgram.create({ type: 'sched_cls', name: 'by_hand.1234567', instructions: NOTHING });
    expect(program.describe()).toMatchObject({ name: 'by_hand.1234567', type: 'sched_cls', mapIds: [] });
    expect(program.testRun(new Uint8Array(64))).toMatchObject({ returned: 0 });
  });

  it.each([
    [
      { type: 'sched_cls', name: 'longer_than_that', instructions: NOTHING },
      'BAD_NAME',
      '"longer_than_that" cannot be the name of a program',
    ],
    [
      { type: 'sched_cls', name: 'endless', instructions: NOTHING.subarray(0, 8) },
      'EINVAL',
      'bpf PROG_LOAD: invalid argument',
    ],
  ] as const)('refuses %j', (spec, code, message) => {
    expect(() => BpfProgram.create(spec)).toThrow(expect.objectContaining({ code, message }));
  });
});

describe('fromId', () => {
  it('opens a program that somebody has loaded', () => {
    using object = shapes();
    using program = object.program('answering');
    const { id } = program.info();
    using again = BpfProgram.fromId(id);
    expect(again.fd).not.toBe(program.fd);
    expect(again.info()).toEqual(program.info());
  });

  it('of one that is not there is refused', () => {
    expect(() => BpfProgram.fromId(0x7fff_fff0)).toThrow(
      expect.objectContaining({
        code: 'ENOENT',
        syscall: 'bpf',
        message: 'bpf PROG_GET_FD_BY_ID: no such file or directory',
      }),
    );
  });

  it('without privileges is refused with a hint', (ctx) => {
    const reason = missing({ programs: ['setpriv'] });
    if (reason) return ctx.skip(reason);
    const script = `import('${import.meta.resolve('./program.ts')}').then(({ BpfProgram }) => {
      try { BpfProgram.fromId(1) } catch ({ code, message, hint }) { console.log(JSON.stringify({ code, message, hint })) }
    })`;
    const node = [
      process.execPath,
      '-C',
      '@tsnctl/source',
      '--disable-warning=ExperimentalWarning',
      '-e',
      script,
    ];
    const answer = execFileSync('setpriv', ['--bounding-set=-all', '--inh-caps=-all', ...node], {
      encoding: 'utf8',
    });
    expect(JSON.parse(answer)).toEqual({
      code: 'EPERM',
      message: 'bpf PROG_GET_FD_BY_ID: operation not permitted',
      hint: 'as root, or with the capabilities BPF and NET_ADMIN',
    });
  });
});

describe('testRun', () => {
  const packet = Uint8Array.from({ length: 64 }, (_, at) => at);

  it('gives back what the program returns, signed, and the packet', () => {
    using object = shapes();
    using answering = object.program('answering');
    using other = object.program('other');
    const run = answering.testRun(packet);
    expect(run.returned).toBe(42);
    expect(run.data).toEqual(packet);
    expect(run.durationNs).toBeGreaterThanOrEqual(0);
    expect(other.testRun(packet).returned).toBe(-2);
  });

  it('gives back a packet that has grown by kilobytes', () => {
    using object = shapes({ grow_by: 8000 });
    using program = object.program('answering');
    const { returned, data } = program.testRun(packet);
    expect(returned).toBe(42);
    expect(data.byteLength).toBe(8064);
    expect(data.slice(0, 64)).toEqual(packet);
  });

  it('takes a context', () => {
    using object = shapes();
    using program = object.program('answering');
    const context = new Uint8Array(192); // struct __sk_buff
    context[8] = 5; // mark
    expect(program.testRun(packet, { context }).returned).toBe(42);
    context[0] = 1; // len, which cannot be set
    expect(() => program.testRun(packet, { context })).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('refuses a packet shorter than an Ethernet header', () => {
    using object = shapes();
    using program = object.program('answering');
    expect(() => program.testRun(new Uint8Array(13))).toThrow(
      expect.objectContaining({ code: 'EINVAL', message: 'bpf PROG_TEST_RUN: invalid argument' }),
    );
  });
});
