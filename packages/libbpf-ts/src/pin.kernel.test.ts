import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { requires, testBpffs, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { testObject } from '../test/objects.ts';
import { kindOf } from './info.ts';
import { BpfLink } from './link.ts';
import { BpfMap } from './map.ts';
import { BpfObject } from './object.ts';
import { BpfProgram } from './program.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [6, 6] }));

/** A map, a program and a link, pinned under these names. */
function pins() {
  const resources = new DisposableStack();
  const bpffs = resources.use(testBpffs());
  const namespace = resources.use(testNamespace());
  using object = BpfObject.open(testObject('shapes'), 'shapes').load();
  const map = resources.use(object.map('things'));
  const program = resources.use(object.program('answering'));
  const link = resources.use(program.attachTcx({ ifindex: 1, direction: 'ingress', netns: namespace.netns }));
  const at = (name: string) => `${bpffs.path}/${name}`;
  map.pin(at('map'));
  program.pin(at('program'));
  link.pin(at('link'));
  return { at, map, program, link, [Symbol.dispose]: () => resources.dispose() };
}

const open = {
  map: (path: string) => BpfMap.pinned(path),
  program: (path: string) => BpfProgram.pinned(path),
  link: (path: string) => BpfLink.pinned(path),
};
const kinds = ['map', 'program', 'link'] as const;

it('what is pinned is opened again', () => {
  using p = pins();
  using map = BpfMap.pinned(p.at('map'));
  using program = BpfProgram.pinned(p.at('program'));
  using link = BpfLink.pinned(p.at('link'));
  expect([map, program, link].map(({ fd }) => kindOf(fd))).toEqual(['map', 'program', 'link']);
  expect(map.name).toBe('things');
  expect(program.info()).toEqual(p.program.info());
  expect(link.info()).toEqual(p.link.info());
});

describe.each(kinds)('a %s is wanted', (wanted) => {
  it.each(kinds.filter((kind) => kind !== wanted))('where a %s is pinned', (kind) => {
    using p = pins();
    const path = p.at(kind);
    expect(() => open[wanted](path)).toThrow(
      expect.objectContaining({
        code: 'FOREIGN_PIN',
        message: `${path} is a pinned ${kind}, not a ${wanted}`,
        hint: `bpftool ${kind === 'program' ? 'prog' : kind} show pinned ${path}; if it is not needed: rm ${path}`,
      }),
    );
  });

  it('where a directory is', () => {
    using p = pins();
    const path = p.at('directory');
    mkdirSync(path);
    expect(() => open[wanted](path)).toThrow(
      expect.objectContaining({
        code: 'FOREIGN_PIN',
        message: `${path} is a directory, not a pinned ${wanted}`,
        hint: `ls ${path}; if it is not needed: rmdir ${path}`,
      }),
    );
  });

  it('where nothing is', () => {
    using p = pins();
    const path = p.at('nothing');
    expect(() => open[wanted](path)).toThrow(
      expect.objectContaining({
        code: 'ENOENT',
        message: `cannot open ${path}: bpf OBJ_GET: no such file or directory`,
      }),
    );
  });
});

describe('a pin is refused', () => {
  it('where one is already', () => {
    using p = pins();
    expect(() => p.map.pin(p.at('map'))).toThrow(
      expect.objectContaining({
        code: 'EEXIST',
        message: `cannot pin at ${p.at('map')}: bpf OBJ_PIN: file already exists`,
      }),
    );
  });

  it('with a dot in its name', () => {
    using p = pins();
    expect(() => p.map.pin(p.at('v1.0'))).toThrow(
      expect.objectContaining({
        code: 'BAD_PIN_NAME',
        message: `cannot pin at ${p.at('v1.0')}: a pin has no dot in its name`,
        hint: 'v1_0 instead',
      }),
    );
  });

  it('off a BPF file system', () => {
    using p = pins();
    const path = `${tmpdir()}/tsnctl-no-pin`;
    expect(() => p.map.pin(path)).toThrow(
      expect.objectContaining({
        code: 'NO_BPFFS',
        message: `cannot pin at ${path}: it is not on a BPF file system`,
        hint: `mount -t bpf bpf ${tmpdir()}`,
      }),
    );
  });

  it('in a directory that is not there', () => {
    using p = pins();
    expect(() => p.map.pin(p.at('no/map'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});

it('a file on another file system is no pin', () => {
  using p = pins();
  const path = '/proc/self/status';
  expect(() => BpfMap.pinned(path)).toThrow(
    expect.objectContaining({ name: 'SystemError', message: expect.stringContaining(path) }),
  );
  expect(() => writeFileSync(p.at('file'), '')).toThrow();
});
