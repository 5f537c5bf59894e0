import { closeSync, fstatSync, openSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Fd, openFds, traceFds } from './fd.ts';

const open = () => new Fd(openSync('/dev/null', 'r'));
const isOpen = (number: number) => {
  try {
    return fstatSync(number).isCharacterDevice();
  } catch {
    return false;
  }
};

describe('Fd', () => {
  it('closes at the end of its scope', () => {
    let number: number;
    {
      using fd = open();
      number = fd.number;
      expect(isOpen(number)).toBe(true);
    }
    expect(isOpen(number)).toBe(false);
  });

  it('closes once: what has the number next is left alone', () => {
    const fd = open();
    const { number } = fd;
    fd[Symbol.dispose]();
    const next = openSync('/dev/null', 'r');
    expect(next).toBe(number);
    fd[Symbol.dispose]();
    expect(isOpen(next)).toBe(true);
    closeSync(next);
  });

  it('hands its number on with release', () => {
    const fd = open();
    const number = fd.release();
    fd[Symbol.dispose]();
    expect(isOpen(number)).toBe(true);
    closeSync(number);
  });

  it('has no number once it is closed or released', () => {
    const fd = open();
    fd[Symbol.dispose]();
    const closed = expect.objectContaining({ code: 'CLOSED', message: 'this file descriptor is closed' });
    expect(() => fd.number).toThrow(closed);
    expect(() => fd.release()).toThrow(closed);
  });

  it.each([-1, 1.5, Number.NaN])('%d is none', (number) => {
    expect(() => new Fd(number)).toThrow(`${number} is no file descriptor`);
  });

  it('says so when somebody else has closed its number', () => {
    const fd = open();
    closeSync(fd.number);
    expect(() => fd[Symbol.dispose]()).toThrow('close: bad file descriptor');
  });
});

describe('traceFds', () => {
  afterEach(() => traceFds(false));

  it('names where those were opened that are open still', () => {
    traceFds(true);
    using kept = open();
    open()[Symbol.dispose]();
    const released = open().release();
    closeSync(released);
    expect(openFds()).toEqual([
      expect.stringMatching(`fd ${kept.number} was opened here\n[^]*fd\\.test\\.ts`),
    ]);
  });

  it('forgets them when it is turned on again', () => {
    traceFds(true);
    using fd = open();
    traceFds(true);
    expect(openFds()).toEqual([]);
    expect(isOpen(fd.number)).toBe(true);
  });
});
